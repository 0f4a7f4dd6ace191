#!/usr/bin/env python3
"""Writes the test data of this problem: about 33 MB, too much to commit.

    python3 problems/bigsort/generators/make.py [--check] [DIRECTORY]

DIRECTORY is data/secret of this package unless given. A file that is there with the right size is
left alone (with --check: with the right SHA-256), so running this again costs nothing. A new file
appears under its name only when it is complete and hashes to what it must.
"""

import argparse
import hashlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

SECRET = Path(__file__).resolve().parent.parent / "data" / "secret"
TOP = 2**32

# File name -> size in bytes and SHA-256. They pin the data: change both or none.
EXPECTED = {
    "01-every-card.ans": (
        5371299,
        "1bdcd52e3166bb59f628addacee495bdcd12304baa1140aa20265c4b87178b8e",
    ),
    "01-every-card.in": (
        5371308,
        "86402ccfc73fd4d9bb1c40be2bd6b5d88deb66c2221faf8ccfd00577130e402c",
    ),
    "02-backwards.ans": (
        5373,
        "cfa958435c631f2d057ec7b1a3875a0507a1901accc5f2a2d2393d0e939e1507",
    ),
    "02-backwards.in": (
        5371454,
        "4cf1e4ff9d5d7e983cb20a9d22e0a7cbb8290d14a0e68d8e627e5791ad0a4958",
    ),
    "03-nearly-sorted.ans": (
        767201,
        "9ccc431497bb56dbfdce6f18fd3232257076d0fa769efe28cf0ceef6baa6e93b",
    ),
    "03-nearly-sorted.in": (
        5370439,
        "08df7d73376932be090a11e13e5dfded6283d11637c847f1bd142297b87207be",
    ),
    "04-few-values.ans": (
        1342,
        "4d35b71d8bb333a27e6eeb3608a79347f6c997388cc9a6bb6e83d92db5d8b5f1",
    ),
    "04-few-values.in": (
        5500012,
        "7a782a5faee54d94a4c8a0f4c59aff84ea8fc244614a87517ceb7758bbbeeb9a",
    ),
    "05-last-card-only.ans": (
        11,
        "e65633bae2c4b3af83a315c42cf4acd12e7510275a1b6370fcbf9f51de1b2045",
    ),
    "05-last-card-only.in": (
        5369880,
        "ae1fa2a334ca1ca608fb475548743e1cba38eb95b3fd53751a40dd8cab81ac52",
    ),
}


def stream(seed: int) -> Iterator[int]:
    """32-bit numbers without end: xorshift on 64 bits, upper half (Marsaglia's 13, 7, 17)."""
    mask = 2**64 - 1
    x = seed
    while True:
        x ^= x << 13 & mask
        x ^= x >> 7
        x ^= x << 17 & mask
        yield x >> 32


def anything(n: int, seed: int) -> list[int]:
    return [value for value, _ in zip(stream(seed), range(n))]


def nearly_sorted(n: int, seed: int) -> list[int]:
    """Ascending, but for one card in a thousand."""
    numbers = sorted(anything(n, seed))
    for i, value in zip(range(0, n, 1000), stream(seed + 1)):
        numbers[i] = value
    return numbers


def few_values(n: int, seed: int) -> list[int]:
    """Only 97 different numbers, around the border of signed 32-bit integers."""
    return [2**31 - 48 + value % 97 for value in anything(n, seed)]


# Case name -> the numbers and the distance of the tabs.
CASES = {
    "01-every-card": lambda: (anything(500_000, 88172645463325252), 1),
    "02-backwards": lambda: (sorted(anything(500_000, 17), reverse=True), 1000),
    "03-nearly-sorted": lambda: (nearly_sorted(500_000, 23), 7),
    "04-few-values": lambda: (few_values(500_000, 42), 4096),
    "05-last-card-only": lambda: (anything(500_000, 99)[:-1] + [TOP - 1], 500_000),
}


def ready(path: Path, check: bool) -> bool:
    size, digest = EXPECTED[path.name]
    if not path.is_file() or path.stat().st_size != size:
        return False
    return not check or hashlib.sha256(path.read_bytes()).hexdigest() == digest


def write(path: Path, lines: list[str]) -> None:
    content = ("\n".join(lines) + "\n").encode("ascii")
    made = (len(content), hashlib.sha256(content).hexdigest())
    if made != EXPECTED.get(path.name):
        sys.exit(f'{path.name} is not what EXPECTED says; made:\n    "{path.name}": {made},')
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with open(part, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the test data of bigsort.")
    parser.add_argument("directory", nargs="?", type=Path, default=SECRET)
    parser.add_argument("--check", action="store_true", help="compare hashes, not just sizes")
    options = parser.parse_args()
    options.directory.mkdir(parents=True, exist_ok=True)
    for name, recipe in CASES.items():
        # The .ans goes first: a case exists as soon as its .in does.
        answer, question = (options.directory / f"{name}.{end}" for end in ("ans", "in"))
        if ready(answer, options.check) and ready(question, options.check):
            continue
        numbers, step = recipe()
        tabs = sorted(numbers)[step - 1 :: step]
        write(answer, [str(x) for x in tabs])
        write(question, [f"{len(numbers)} {step}", *map(str, numbers)])
        print(f"wrote {name}")


main()
