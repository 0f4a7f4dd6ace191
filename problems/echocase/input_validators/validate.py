#!/usr/bin/env python3
"""Exit 42 when the testimony is well formed, 43 when it is not."""
import sys


def valid(data):
    lines = data.split(b"\n")
    if lines.pop() != b"" or not 1 <= len(lines) <= 40:
        return False
    return all(len(line) <= 100 and all(32 <= byte <= 126 for byte in line) for line in lines)


sys.exit(42 if valid(sys.stdin.buffer.read()) else 43)
