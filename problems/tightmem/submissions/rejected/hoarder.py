# Never gets through a full year: whether the interpreter alone fits is up to the system, this list
# of millions does not.
n, x, d = map(int, input().split())
levels = [0]
for _ in range(n):
    x = (1664525 * x + 1013904223) % 2**32
    levels.append(levels[-1] + (x >> 24) - d)
lowest, fall = levels[-1], 0
for level in reversed(levels):
    lowest = min(lowest, level)
    fall = max(fall, level - lowest)
print(fall / 100)
