#!/usr/bin/env python3
"""Writes data/sample and data/secret of this package.

An input is `n number`, where the number 0 asks the keeper to make one up as late as he can.
The answer file holds the number of guesses, always as few as suffice.
"""
from pathlib import Path

DATA = Path(__file__).resolve().parent.parent / "data"

SAMPLE = """\
<10 4
>5
<higher
>8
<lower
>6
<higher
>7
<right
"""

SECRET = [
    (1, 1), (2, 1), (2, 2), (3, 0), (7, 0), (8, 0), (100, 37), (100, 0), (1000, 1), (1000, 1000),
    (65535, 0), (65536, 0), (10**6, 777_777), (10**6, 0), (10**9, 1), (10**9, 10**9),
    (10**9, 536_870_912), (536_870_911, 0), (10**9, 0),
]  # fmt: skip


def write(group, name, n, number):
    folder = DATA / group
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.in").write_bytes(f"{n} {number}\n".encode())
    (folder / f"{name}.ans").write_bytes(f"{n.bit_length()}\n".encode())


def main():
    for old in DATA.glob("*/*.*"):
        old.unlink()
    write("sample", "1", 10, 7)
    (DATA / "sample" / "1.interaction").write_bytes(SAMPLE.encode())
    for position, (n, number) in enumerate(SECRET, 1):
        kind = "fixed" if number else "made-up"
        write("secret", f"{position:02}-{kind}-{n}", n, number)


main()
