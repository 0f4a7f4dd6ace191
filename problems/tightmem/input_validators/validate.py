"""Accepts one line with n, x0 and d in their ranges."""

import re
import sys
from typing import NoReturn


def reject(why: str) -> NoReturn:
    print(why, file=sys.stderr)
    sys.exit(43)


match = re.fullmatch(rb"(%s) (%s) (%s)\n" % ((rb"0|[1-9][0-9]{0,9}",) * 3), sys.stdin.buffer.read())
if not match:
    reject("not one line with three integers")
n, x, d = map(int, match.groups())
if not (1 <= n <= 8_000_000 and x < 2**32 and d <= 255):
    reject("a number is out of range")
sys.exit(42)
