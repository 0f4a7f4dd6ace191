#!/usr/bin/env python3
"""Writes data/secret. Answers come after what they answer: one sweep from the end seals all."""

from pathlib import Path

SECRET = Path(__file__).resolve().parent.parent / "data" / "secret"
PRIME = 998244353

# Case name -> n, s, x_1.
CASES = {
    "01-alone": (1, 1, 7),
    "02-short-chain": (800, 1, 7),
    "03-bush": (5000, 1_000_000, 99),
    "04-one-chain": (1_000_000, 1, 20250901),
    "05-frayed-rope": (1_000_000, 2, 577215664),
    "06-braid": (1_000_000, 9, 4294967295),
    "07-big-bush": (1_000_000, 1_000_000, 0),
}


def solve(n: int, s: int, x: int) -> tuple[int, int]:
    answered = [0, 0]
    depth = [0, 1]
    for i in range(2, n + 1):
        x = (1664525 * x + 1013904223) & 0xFFFFFFFF
        p = max(1, i - 1 - (x >> 8) % s)
        answered.append(p)
        depth.append(depth[p] + 1)
    inside = [1] * (n + 1)
    for v in range(n, 0, -1):
        inside[answered[v]] += v * inside[v] % PRIME
    return max(depth), inside[1] % PRIME


def main() -> None:
    SECRET.mkdir(parents=True, exist_ok=True)
    for name, (n, s, x) in CASES.items():
        (SECRET / f"{name}.in").write_text(f"{n} {s} {x}\n")
        (SECRET / f"{name}.ans").write_text("{} {}\n".format(*solve(n, s, x)))


main()
