"""Accepts one line with n, x0 and d in their ranges."""

import re
import sys

match = re.fullmatch(rb"(%s) (%s) (%s)\n" % ((rb"0|[1-9][0-9]{0,9}",) * 3), sys.stdin.buffer.read())
if not match:
    sys.exit("not one line with three integers")
n, x, d = map(int, match.groups())
if not (1 <= n <= 8_000_000 and x < 2**32 and d <= 255):
    sys.exit("a number is out of range")
sys.exit(42)
