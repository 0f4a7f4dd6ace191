"""Accepts the input of the first pass: `send`, k, then k integers below 2^30."""

import re
import sys

text = sys.stdin.buffer.read().decode("ascii")
NUMBER = r"(?:0|[1-9][0-9]{0,9})"
if not re.fullmatch(rf"send\n[1-9][0-9]{{0,2}}\n(?:{NUMBER}\n)+", text):
    sys.exit("not of the form: send, k, one integer per line")
_, k, *numbers = text.split()
if int(k) > 200 or len(numbers) != int(k):
    sys.exit(f"k is {k}, but {len(numbers)} numbers follow (at most 200)")
if any(int(x) >= 2**30 for x in numbers):
    sys.exit("a number is 2^30 or more")
sys.exit(42)
