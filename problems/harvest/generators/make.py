#!/usr/bin/env python3
"""Writes data/secret; an answer is the numbers of the crates on a best cart."""

from pathlib import Path

SECRET = Path(__file__).resolve().parent.parent / "data" / "secret"
Crates = list[tuple[int, int]]


class Random:
    """A 64-bit linear congruential generator; the upper half is the output."""

    def __init__(self, seed: int) -> None:
        self.state = seed

    def between(self, low: int, high: int) -> int:
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return low + (self.state >> 32) % (high - low + 1)


def best_cart(load: int, crates: Crates) -> list[int]:
    worth = [[0] * (load + 1)]
    for weight, price in crates:
        last = worth[-1]
        taken = [last[room - weight] + price for room in range(weight, load + 1)]
        worth.append(last[:weight] + [max(pair) for pair in zip(last[weight:], taken)])
    cart, room = [], load
    for i in range(len(crates), 0, -1):
        if worth[i][room] != worth[i - 1][room]:
            cart.append(i)
            room -= crates[i - 1][0]
    return sorted(cart)


def write(name: str, load: int, crates: Crates) -> None:
    path = SECRET / name
    lines = [f"{len(crates)} {load}", *(f"{weight} {price}" for weight, price in crates)]
    cart = best_cart(load, crates)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.with_suffix(".in").write_text("\n".join(lines) + "\n")
    path.with_suffix(".ans").write_text(f"{len(cart)}\n{' '.join(map(str, cart))}\n")


def some(random: Random, n: int, weights: tuple[int, int], prices: tuple[int, int]) -> Crates:
    return [(random.between(*weights), random.between(*prices)) for _ in range(n)]


def main() -> None:
    random = Random(1789)
    equal = [(25, 10 * i) for i in (3, 1, 4, 15, 9, 2, 6, 5, 35, 8)]
    melons = [(2, 5), (500, 900), (500, 900), (400, 500)] * 10
    plain = some(random, 57, (1001, 1500), (600, 700))
    by_weight = [(w, w) for w, _ in some(random, 58, (80, 400), (1, 1))]

    write("1_garden/01-one-basket", 5, [(5, 9)])
    write("1_garden/02-same-crates", 100, equal)
    write("1_garden/03-too-big", 50, [(51, 2000)] + [(10, price) for price in range(3, 12)])
    write("2_orchard/01-few", 60, some(random, 10, (5, 30), (1, 100)))
    write("2_orchard/02-melons-and-nuts", 1000, melons)
    write("2_orchard/03-mixed", 2000, some(random, 60, (20, 400), (10, 2000)))
    write("3_valley/01-by-weight", 1999, [*by_weight, (301, 300), (77, 76)])
    write("3_valley/02-heavy", 2000, some(random, 60, (300, 900), (300, 900)))
    write("3_valley/03-golden-melon", 2000, [(1000, 1000), (1001, 1100), (1000, 1000), *plain])


main()
