#!/usr/bin/env python3
"""Writes data/sample and data/secret of this package.

The cases come in three stretches, so that a fault shows late and not at once:
001 to 140 have small numbers and no empty line, 141 to 200 add empty lines, and only
201 to 220 have numbers that leave 32 bits.
"""
from pathlib import Path

DATA = Path(__file__).resolve().parent.parent / "data"
LIMIT = 10**12


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


def write(group, name, towns):
    folder = DATA / group
    folder.mkdir(parents=True, exist_ok=True)
    lines = [str(len(towns))] + [" ".join(map(str, town)) for town in towns]
    answer = [str(sum(town)) for town in towns]
    (folder / f"{name}.in").write_bytes(("\n".join(lines) + "\n").encode())
    (folder / f"{name}.ans").write_bytes(("\n".join(answer) + "\n").encode())


def random_case(dice, number):
    towns = []
    for _ in range(dice.between(2, 12)):
        count = dice.between(1, 10)
        if number > 200:
            towns.append([dice.between(-LIMIT, LIMIT) for _ in range(count)])
        else:
            towns.append([dice.between(-99, 999) for _ in range(count)])
    if 140 < number <= 200:
        # Neither the first line nor the last: whoever drops it shifts all that follows.
        towns.insert(dice.between(1, len(towns) - 1), [])
        towns = towns[:11] + [[dice.between(1, 9)]]
    if number > 200:
        # At least one number that cannot be counted out coin by coin.
        towns[-1][-1] = dice.between(9 * LIMIT // 10, LIMIT)
    return towns


def main():
    for old in DATA.glob("*/*.*"):
        old.unlink()
    write("sample", "1-three-towns", [[12, 30], [], [5, -20, 7]])
    write("sample", "2-one-town", [[1000]])
    dice = Dice(20)
    edges = {
        1: [[0]],
        2: [[-1]],
        141: [[1], [], [], [2]],
        142: [[1], []],
        143: [[], [1]],
        144: [[]],
        145: [[] for _ in range(12)],
        218: [[LIMIT, -LIMIT]],
        219: [[LIMIT] * 10 for _ in range(12)],
        220: [[-LIMIT] * 10 for _ in range(12)],
    }
    for number in range(1, 221):
        towns = edges.get(number)
        kind = "edge" if towns else "small" if number <= 140 else "gaps" if number <= 200 else "large"
        write("secret", f"{number:03}-{kind}", towns or random_case(dice, number))


main()
