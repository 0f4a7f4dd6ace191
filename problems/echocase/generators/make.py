#!/usr/bin/env python3
"""Writes data/sample and data/secret of this package.

Faults show in stretches: 01 to 05 have neither runs of spaces nor stars without a partner,
06 to 10 have runs of spaces inside lines, 11 to 15 have spaces at line ends, and only 16 to 20
have an odd number of stars.
"""
from pathlib import Path

DATA = Path(__file__).resolve().parent.parent / "data"
WORDS = "I saw Him at the Fair selling Geese by moonlight and no Licence had he m'lud".split()
MARKS = list(",.;:!?\"'()[]{}<>|\\/^~`@#$%&+-=_0123456789")


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

    def pick(self, items):
        return items[self.between(0, len(items) - 1)]


def heard(text):
    parts = text.split("*")
    return "".join(part.upper() if i % 2 else part for i, part in enumerate(parts))


def write(group, name, lines):
    folder = DATA / group
    folder.mkdir(parents=True, exist_ok=True)
    text = "".join(line + "\n" for line in lines)
    (folder / f"{name}.in").write_bytes(text.encode())
    (folder / f"{name}.ans").write_bytes(heard(text).encode())


def testimony(dice, runs, ends, odd):
    lines = []
    for _ in range(dice.between(3, 12)):
        words = []
        for _ in range(dice.between(2, 9)):
            word = dice.pick(WORDS)
            if dice.between(0, 3) == 0:
                word += dice.pick(MARKS)
            if dice.between(0, 3) == 0:
                word = dice.pick(["*" + word, word + "*", "*" + word + "*"])
            words.append(word)
        line = words[0]
        for word in words[1:]:
            line += " " * (dice.between(1, 4) if runs else 1) + word
        lines.append(line)
    if runs:
        lines[1] = "left   *right*"
        lines.insert(2, "")
    if ends:
        lines[0] += "  "
        lines[-1] = "  " + lines[-1] + " "
    if sum(line.count("*") for line in lines) % 2 != odd:
        lines[-1] = "*" + lines[-1]
    return lines


def main():
    for old in DATA.glob("*/*.*"):
        old.unlink()
    write("sample", "1-goose", ["I said *stop*, sir.", "He took the *Goose", "and ran* away."])
    write("sample", "2-calm", ["Nothing to Shout about."])
    dice = Dice(1701)
    for number in range(1, 21):
        runs, ends, odd = number > 5, number > 10, number > 15
        kind = "odd" if odd else "ends" if ends else "runs" if runs else "plain"
        lines = testimony(dice, runs, ends, odd)
        if number == 5:
            lines = ["*" + "a Z" * 33, "*b"]
        elif number == 10:
            lines = ["a**b", "x   *y   z*", "", "**", ""]
        elif number == 15:
            lines = [" " * 100, " ", "*", "*", " x *y* z "] + [" "] * 35
        elif number == 20:
            lines = ["*" + "!\"#$%&'()+,-./:;<=>?@[\\]^_`{|}~ 0123456789 abcdefghijklmnopqrstuvwxyz "] * 39
        write("secret", f"{number:02}-{kind}", lines)


main()
