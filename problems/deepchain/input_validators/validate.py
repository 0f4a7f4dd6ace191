"""Accepts one line with n, s and x_1 in their ranges."""

import re
import sys
from typing import NoReturn


def reject(why: str) -> NoReturn:
    print(why, file=sys.stderr)
    sys.exit(43)


match = re.fullmatch(rb"(%s) (%s) (%s)\n" % ((rb"0|[1-9][0-9]{0,9}",) * 3), sys.stdin.buffer.read())
if not match:
    reject("not one line with three integers")
n, s, x = map(int, match.groups())
if not (1 <= n <= 1_000_000 and 1 <= s <= 1_000_000 and x < 2**32):
    reject("a number is out of range")
sys.exit(42)
