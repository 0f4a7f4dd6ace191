# @EXPECTED_RESULTS@: MEMORY_LIMIT
# Memory limit exceeded, 0 points: lays out 512 MiB of carpet, writing every byte, before it climbs.
carpet = bytearray(b"\x01") * (512 << 20)
n, k, b = map(int, input().split())
broken = set(map(int, input().split()))
counts, window = [1], 1
for step in range(1, n + 1):
    counts.append(0 if step in broken else window)
    window = (window + counts[step] - (counts[step - k] if step >= k else 0)) % 1_000_000_007
print(counts[n] + len(carpet) % 2)
