# Accepted: exact until the last step. Prints whole results without a decimal point.
from math import sqrt

n = int(input())
times = list(map(int, input().split()))
total = sum(times)
spread = n * sum(t * t for t in times) - total * total
print(total // n if total % n == 0 else total / n)
print(0 if spread == 0 else sqrt(spread) / n)
