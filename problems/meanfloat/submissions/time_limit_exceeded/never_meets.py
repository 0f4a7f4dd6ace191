# Time limit exceeded: halves the interval around the root until it is shorter than doubles can be.
n = int(input())
times = list(map(int, input().split()))
mean = sum(times) / n
spread = sum((t - mean) ** 2 for t in times) / n
low, high = 0.0, 1e9
while high - low > 1e-30 and spread > 0:
    middle = (low + high) / 2
    if middle * middle < spread:
        low = middle
    else:
        high = middle
print(mean, high if spread > 0 else 0)
