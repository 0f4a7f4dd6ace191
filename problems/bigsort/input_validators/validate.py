"""Accepts n and s, then n numbers of at most 32 bits, one per line."""

import re
import sys
from typing import NoReturn


def reject(why: str) -> NoReturn:
    print(why, file=sys.stderr)
    sys.exit(43)


text = sys.stdin.buffer.read()
NUMBER = rb"(?:0|[1-9][0-9]{0,9})"
if not re.fullmatch(rb"%s %s\n(?:%s\n)+" % (NUMBER, NUMBER, NUMBER), text):
    reject("not of the form: n and s, then one number per line")
n, s, *numbers = map(int, text.split())
if not 1 <= n <= 500_000 or not 1 <= s <= n:
    reject(f"n = {n} or s = {s} is out of range")
if len(numbers) != n:
    reject(f"n is {n}, but {len(numbers)} numbers follow")
if max(numbers) >= 2**32:
    reject("a number has more than 32 bits")
sys.exit(42)
