"""Accepts the input of the first pass: `send`, k, then k integers below 2^30."""

import re
import sys
from typing import NoReturn


def reject(why: str) -> NoReturn:
    print(why, file=sys.stderr)
    sys.exit(43)


text = sys.stdin.buffer.read()
NUMBER = rb"(?:0|[1-9][0-9]{0,9})"
if not re.fullmatch(rb"send\n[1-9][0-9]{0,2}\n(?:%s\n)+" % NUMBER, text):
    reject("not of the form: send, k, one integer per line")
_, k, *numbers = text.split()
if int(k) > 200 or len(numbers) != int(k):
    reject(f"k is {int(k)}, but {len(numbers)} numbers follow (at most 200)")
if any(int(x) >= 2**30 for x in numbers):
    reject("a number is 2^30 or more")
sys.exit(42)
