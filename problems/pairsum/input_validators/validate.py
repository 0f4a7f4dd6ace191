"""Accepts n and k on one line, p, q, r and m on the next, each in its range."""

import re
import sys
from typing import NoReturn


def reject(why: str) -> NoReturn:
    print(why, file=sys.stderr)
    sys.exit(43)


NUMBER = rb"(0|[1-9][0-9]{0,9})"
form = rb" ".join([NUMBER] * 2) + rb"\n" + rb" ".join([NUMBER] * 4) + rb"\n"
match = re.fullmatch(form, sys.stdin.buffer.read())
if not match:
    reject("not of the form: n k, then p q r m")
n, k, p, q, r, m = map(int, match.groups())
if not (1 <= n <= 200_000 and 1 <= k <= 10**6 and max(p, q, r) <= 10**6 and 1 <= m <= 10**9):
    reject("a number is out of range")
sys.exit(42)
