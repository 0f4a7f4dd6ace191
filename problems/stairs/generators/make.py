#!/usr/bin/env python3
"""Writes data/sample and data/secret of this package; the testdata.yaml files are kept by hand.

The flags that the groups pass to the input validator repeat the limits of the statement.
"""
from pathlib import Path

DATA = Path(__file__).resolve().parent.parent / "data"
MODULUS = 10**9 + 7


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

    def some(self, count, low, high):
        chosen = set()
        while len(chosen) < count:
            chosen.add(self.between(low, high))
        return sorted(chosen)


def ways(n, k, broken):
    broken = set(broken)
    counts, window = [1] + [0] * n, 1
    for step in range(1, n + 1):
        if step not in broken:
            counts[step] = window
        window = (window + counts[step] - (counts[step - k] if step >= k else 0)) % MODULUS
    return counts[n]


def write(group, name, n, k, broken=()):
    folder = DATA / group
    folder.mkdir(parents=True, exist_ok=True)
    text = f"{n} {k} {len(broken)}\n{' '.join(map(str, broken))}\n"
    (folder / f"{name}.in").write_bytes(text.encode())
    (folder / f"{name}.ans").write_bytes(f"{ways(n, k, broken)}\n".encode())


def main():
    for old in [*DATA.rglob("*.in"), *DATA.rglob("*.ans")]:
        old.unlink()
    dice = Dice(1166)
    write("sample", "1", 4, 2)
    write("sample", "2", 5, 3, [2])

    short = "secret/1-short"
    write(short, "01-one", 1, 1)
    write(short, "02-broken", 6, 3, [2, 5])
    write(short, "03-all-at-once", 15, 15)
    write(short, "04-no-way", 9, 2, [3, 4, 7])
    write(short, "05-only-by-ones", 12, 1)
    write(short, "06-random", 15, 4, dice.some(3, 1, 14))

    sound = "secret/2-sound"
    write(sound, "1-small", 20, 2)
    write(sound, "2-medium", 42, 2)
    write(sound, "3-large", 250_000, 2)

    middle = "secret/3-long/a-middle"
    write(middle, "1-wide", 2000, 1000, dice.some(50, 1, 1999))
    write(middle, "2-narrow", 2000, 3, dice.some(10, 1, 1999))
    write(middle, "3-ruin", 1999, 700, dice.some(1000, 1, 1998))

    high = "secret/3-long/b-high"
    write(high, "1-wide", 300_000, 150_000, dice.some(1000, 1, 299_999))
    write(high, "2-no-way", 300_000, 5, [*range(1000, 1005), 200_000])
    write(high, "3-widest", 299_999, 299_999)


main()
