"""Accepts n and the load, then n crates with weight and price."""

import re
import sys
from typing import NoReturn


def reject(why: str) -> NoReturn:
    print(why, file=sys.stderr)
    sys.exit(43)


text = sys.stdin.buffer.read()
NUMBER = rb"[1-9][0-9]{0,3}"
if not re.fullmatch(rb"(?:%s %s\n)+" % (NUMBER, NUMBER), text):
    reject("not of the form: two positive integers on each line")
(n, load), *crates = (tuple(map(int, line.split())) for line in text.splitlines())
if n > 60 or len(crates) != n:
    reject(f"n is {n}, but {len(crates)} crates follow (at most 60)")
if max(load, *(max(crate) for crate in crates)) > 2000:
    reject("a number is over 2000")
sys.exit(42)
