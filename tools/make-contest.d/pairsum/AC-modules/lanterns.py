def brightness(n, p, q, r, m):
    return [((p * i + q) * i + r) % m for i in range(1, n + 1)]


def in_tune(lights, k):
    seen = [0] * k
    pairs = 0
    for light in lights:
        rest = light % k
        pairs += seen[-rest]
        seen[rest] += 1
    return pairs
