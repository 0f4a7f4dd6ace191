from collections import Counter

n, k = map(int, input().split())
p, q, r, m = map(int, input().split())
tally = Counter([((p * i + q) * i + r) % m % k for i in range(1, n + 1)])
pairs = 0
for rest, count in tally.items():
    partner = -rest % k
    if rest == partner:
        pairs += count * (count - 1) // 2
    elif rest < partner:
        pairs += count * tally.get(partner, 0)
print(pairs)
