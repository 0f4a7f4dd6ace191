#!/usr/bin/env python3
"""Exit 42 when the ledger is well formed, 43 when it is not."""
import re
import sys

LINE = re.compile(r"(0|-?[1-9][0-9]{0,12})( (0|-?[1-9][0-9]{0,12})){0,9}")


def valid(data):
    lines = data.split(b"\n")
    if lines.pop() != b"" or not lines or not re.fullmatch(rb"[1-9][0-9]?", lines[0]):
        return False
    towns = int(lines[0])
    if not 1 <= towns <= 12 or len(lines) != towns + 1:
        return False
    for line in lines[1:]:
        text = line.decode("latin-1")
        if text and not LINE.fullmatch(text):
            return False
        if any(abs(int(number)) > 10**12 for number in text.split()):
            return False
    return True


sys.exit(42 if valid(sys.stdin.buffer.read()) else 43)
