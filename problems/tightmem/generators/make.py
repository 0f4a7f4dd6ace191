#!/usr/bin/env python3
"""Writes data/secret; the greatest fall is found as in the accepted submissions."""

from pathlib import Path

SECRET = Path(__file__).resolve().parent.parent / "data" / "secret"

# Case name -> n, x0, d.
CASES = {
    "01-one-tick": (1, 0, 61),
    "02-only-rising": (1000, 12345, 0),
    "03-only-falling": (1000, 12345, 255),
    "04-short-year": (5000, 271828182, 128),
    "05-full-year": (8_000_000, 314159265, 127),
    "06-rising-sea": (8_000_000, 4294967295, 126),
    "07-falling-sea": (8_000_000, 1, 130),
}


def greatest_fall(n: int, x: int, d: int) -> int:
    level = highest = fall = 0
    for _ in range(n):
        x = (1664525 * x + 1013904223) & 0xFFFFFFFF
        level += (x >> 24) - d
        if level > highest:
            highest = level
        elif highest - level > fall:
            fall = highest - level
    return fall


def main() -> None:
    SECRET.mkdir(parents=True, exist_ok=True)
    for name, (n, x, d) in CASES.items():
        fall = greatest_fall(n, x, d)
        (SECRET / f"{name}.in").write_text(f"{n} {x} {d}\n")
        (SECRET / f"{name}.ans").write_text(f"{fall // 100}.{fall % 100:02}\n")


main()
