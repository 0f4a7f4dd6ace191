#!/usr/bin/env python3
"""Writes data/secret: a directory of few lanterns and one of many (directories, not groups)."""

from collections import Counter
from pathlib import Path

SECRET = Path(__file__).resolve().parent.parent / "data" / "secret"

# Case name -> n, k, then p, q, r, m.
CASES = {
    "few/01-one-lantern": (1, 1, 0, 0, 0, 1),
    "few/02-all-dark": (1000, 7, 0, 0, 0, 1),
    "few/03-all-alike": (1001, 10, 0, 0, 5, 1000),
    "few/04-small-town": (2000, 12, 1, 1, 3, 97),
    "many/01-everything-in-tune": (200_000, 1, 999_983, 12, 5, 1_000_000_000),
    "many/02-coarse": (200_000, 2, 999_979, 77, 1, 999_999_937),
    "many/03-fine": (199_999, 1_000_000, 998_244, 353, 271_828, 999_999_937),
    "many/04-in-a-row": (200_000, 1000, 0, 1, 0, 1_000_000_000),
}


def pairs(n: int, k: int, p: int, q: int, r: int, m: int) -> int:
    rests = Counter((p * i * i + q * i + r) % m % k for i in range(1, n + 1))
    twice = sum(count * rests[-rest % k] for rest, count in list(rests.items()))
    alone = sum(count for rest, count in rests.items() if 2 * rest % k == 0)
    return (twice - alone) // 2


def main() -> None:
    for name, (n, k, *wick) in CASES.items():
        path = SECRET / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_suffix(".in").write_text(f"{n} {k}\n" + " ".join(map(str, wick)) + "\n")
        path.with_suffix(".ans").write_text(f"{pairs(n, k, *wick)}\n")


main()
