# Meant to list the pairs, but never gets past the first lantern.
n, k = map(int, input().split())
i, j = 1, 2
while i <= n:
    print(f"lantern {i} with lantern {j}")
    j = j % n + 1
