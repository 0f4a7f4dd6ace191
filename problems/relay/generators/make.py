#!/usr/bin/env python3
"""Writes data/secret: numbers to send, and which messages the fog reverses."""

from pathlib import Path

SECRET = Path(__file__).resolve().parent.parent / "data" / "secret"
TOP = 2**30


class Random:
    """A 64-bit linear congruential generator; the upper half is the output."""

    def __init__(self, seed: int) -> None:
        self.state = seed

    def below(self, bound: int) -> int:
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 32) % bound


def write(name: str, numbers: list[int], fog: str) -> None:
    assert len(numbers) == len(fog) <= 200
    lines = ["send", str(len(numbers)), *map(str, numbers)]
    (SECRET / f"{name}.in").write_text("\n".join(lines) + "\n")
    (SECRET / f"{name}.ans").write_text(fog + "\n")


def main() -> None:
    SECRET.mkdir(parents=True, exist_ok=True)
    random = Random(2025)
    powers = [2**e for e in range(30)] + [2**e - 1 for e in range(31)]
    halves = [random.below(2**15) for _ in range(60)]
    palindromes = [h << 15 | int(f"{h:015b}"[::-1], 2) for h in halves]
    anything = [random.below(TOP) for _ in range(200)]
    write("01-lone-zero", [0], "r")
    write("02-clear-night", powers, "k" * len(powers))
    write("03-thick-fog", powers, "r" * len(powers))
    write("04-palindromes", palindromes, "kr" * 30)
    write("05-patches", anything, "".join("kr"[random.below(2)] for _ in anything))


main()
