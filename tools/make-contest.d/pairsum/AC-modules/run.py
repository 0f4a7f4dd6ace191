# Two modules; only this one prints, so the entry point matters.
from lanterns import brightness, in_tune

n, k = map(int, input().split())
p, q, r, m = map(int, input().split())
print(in_tune(brightness(n, p, q, r, m), k))
