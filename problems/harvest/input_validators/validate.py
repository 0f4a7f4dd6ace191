"""Accepts n and the load, then n crates with weight and price."""

import re
import sys

text = sys.stdin.buffer.read()
NUMBER = rb"[1-9][0-9]{0,3}"
if not re.fullmatch(rb"(?:%s %s\n)+" % (NUMBER, NUMBER), text):
    sys.exit("not of the form: two positive integers on each line")
(n, load), *crates = (tuple(map(int, line.split())) for line in text.splitlines())
if n > 60 or len(crates) != n:
    sys.exit(f"n is {n}, but {len(crates)} crates follow (at most 60)")
if max(load, *(max(crate) for crate in crates)) > 2000:
    sys.exit("a number is over 2000")
sys.exit(42)
