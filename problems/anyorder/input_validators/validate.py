#!/usr/bin/env python3
"""Exit 42 when the demands are well formed, 43 when they are not."""
import re
import sys

PAIR = re.compile(rb"(0|[1-9][0-9]{0,4}) (0|[1-9][0-9]{0,4})")


def valid(data):
    lines = data.split(b"\n")
    if lines.pop() != b"" or not lines:
        return False
    pairs = [PAIR.fullmatch(line) for line in lines]
    if not all(pairs):
        return False
    (n, m), *demands = [(int(pair[1]), int(pair[2])) for pair in pairs]
    if not (1 <= n <= 1500 and 0 <= m <= 3000 and len(demands) == m):
        return False
    return all(1 <= a <= n and 1 <= b <= n and a != b for a, b in demands)


sys.exit(42 if valid(sys.stdin.buffer.read()) else 43)
