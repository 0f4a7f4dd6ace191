"""Accepts n and s, then n numbers of at most 32 bits, one per line."""

import re
import sys

text = sys.stdin.buffer.read()
NUMBER = rb"(?:0|[1-9][0-9]{0,9})"
if not re.fullmatch(rb"%s %s\n(?:%s\n)+" % (NUMBER, NUMBER, NUMBER), text):
    sys.exit("not of the form: n and s, then one number per line")
n, s, *numbers = map(int, text.split())
if not 1 <= n <= 500_000 or not 1 <= s <= n:
    sys.exit(f"n = {n} or s = {s} is out of range")
if len(numbers) != n:
    sys.exit(f"n is {n}, but {len(numbers)} numbers follow")
if max(numbers) >= 2**32:
    sys.exit("a number has more than 32 bits")
sys.exit(42)
