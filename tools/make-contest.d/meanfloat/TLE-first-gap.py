# Measures everything in units of the first gap, and looks for it for ever if all strikes are equal.
from math import sqrt

n = int(input())
times = list(map(int, input().split()))
gap, i = 0, 0
if n > 1:
    while gap == 0:
        i = (i + 1) % n
        gap = abs(times[i] - times[0])
gap = gap or 1
units = [(t - times[0]) / gap for t in times]
mean = sum(units) / n
spread = sum((u - mean) ** 2 for u in units) / n
print(times[0] + gap * mean, gap * sqrt(spread))
