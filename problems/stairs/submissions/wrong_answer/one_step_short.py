# Wrong answer, 0 points: also counts the ways to the step below the top.
n, k, b = map(int, input().split())
broken = set(map(int, input().split()))
counts, window = [1], 1
for step in range(1, n + 1):
    counts.append(0 if step in broken else window)
    window = (window + counts[step] - (counts[step - k] if step >= k else 0)) % 1_000_000_007
print((counts[n] + counts[n - 1]) % 1_000_000_007)
