#!/usr/bin/env python3
"""Writes data/sample and data/secret of this package.

Answers are computed in integers and cut after twelve decimals, so that no platform's
floating point has a say in them. Cases 01 to 05 have whole answers, 06 to 15 do not, and the
times of 16 to 22 are huge and close together, where the textbook formula cancels.
"""
from math import isqrt
from pathlib import Path

DATA = Path(__file__).resolve().parent.parent / "data"
LIMIT = 500_000_000
UNIT = 10**12


class Dice:
    """splitmix64: the same throws under every Python version."""

    def __init__(self, seed):
        self.state = seed

    def between(self, low, high):
        mask = 2**64 - 1
        self.state = (self.state + 0x9E3779B97F4A7C15) & mask
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        return low + (z ^ (z >> 31)) % (high - low + 1)


def decimal(scaled):
    return f"{scaled // UNIT}.{scaled % UNIT:012}"


def write(group, name, times):
    folder = DATA / group
    folder.mkdir(parents=True, exist_ok=True)
    n, total = len(times), sum(times)
    mean = total * UNIT // n
    spread = n * sum(t * t for t in times) - total * total
    deviation = isqrt(spread * UNIT * UNIT) // n
    text = f"{n}\n{' '.join(map(str, times))}\n"
    (folder / f"{name}.in").write_bytes(text.encode())
    (folder / f"{name}.ans").write_bytes(f"{decimal(mean)} {decimal(deviation)}\n".encode())


def main():
    for old in DATA.glob("*/*.*"):
        old.unlink()
    dice = Dice(1761)

    def throws(count, low, high):
        return [dice.between(low, high) for _ in range(count)]

    write("sample", "1", [2, 4, 4, 4, 5, 5, 7, 9])
    write("sample", "2", [250_000_000, 250_000_002])
    cases = [
        ("whole-two", [0, 2]),
        ("whole-zeros", [0] * 7),
        ("whole-same", [LIMIT] * 200),
        ("whole-extremes", [0, LIMIT] * 100),
        ("whole-eight", [5, 2, 4, 9, 4, 5, 7, 4]),
        ("thirds", [0, 0, 1]),
        ("one-odd-strike", [0] * 199 + [1]),
        ("tiny", throws(50, 0, 9)),
        ("small", throws(200, 0, 1000)),
        ("medium", throws(200, 0, 1_000_000)),
        ("wide-a", throws(200, 0, LIMIT)),
        ("wide-b", throws(199, 0, LIMIT)),
        ("wide-c", throws(3, 0, LIMIT)),
        ("outlier", throws(120, 0, 10) + [LIMIT]),
        ("two-clusters", throws(100, 0, 10) + throws(100, LIMIT - 10, LIMIT)),
    ]
    for width in (1, 2, 3, 10, 30, 100):
        cases.append((f"steady-{width}", throws(197, LIMIT - width - 7, LIMIT - 7)))
    cases.append(("steady-one-late", [LIMIT - 1] * 150 + [LIMIT]))
    cases.append(("single-zero", [0]))
    cases.append(("single", [314_159_265]))
    for number, (name, times) in enumerate(cases, 1):
        write("secret", f"{number:02}-{name}", times)


main()
