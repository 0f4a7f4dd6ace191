#!/usr/bin/env python3
"""Exit 42 when the stairs are well formed, 43 when they are not.

An argument names the group whose tighter limits hold: short, sound or middle.
"""
import re
import sys

NUMBERS = re.compile(rb"(0|[1-9][0-9]{0,5})( (0|[1-9][0-9]{0,5}))*")


def valid(data, group):
    lines = data.split(b"\n")
    if len(lines) != 3 or lines.pop() != b"":
        return False
    if not NUMBERS.fullmatch(lines[0]) or (lines[1] and not NUMBERS.fullmatch(lines[1])):
        return False
    first, broken = ([int(number) for number in line.split()] for line in lines)
    if len(first) != 3:
        return False
    n, k, b = first
    top = {"short": 15, "middle": 2000}.get(group, 300_000)
    if not (1 <= k <= n <= top and 0 <= b <= 1000 and b < n and len(broken) == b):
        return False
    if group == "sound" and (k > 2 or b > 0):
        return False
    # Every broken step is above the one before it, none is the top.
    return all(low < high for low, high in zip([0] + broken, broken + [n]))


sys.exit(42 if valid(sys.stdin.buffer.read(), "".join(sys.argv[1:2])) else 43)
