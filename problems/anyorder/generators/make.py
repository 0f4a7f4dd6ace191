#!/usr/bin/env python3
"""Writes data/sample and data/secret of this package.

Cases 01 to 08 are small, 09 to 16 large; 17 and 18 are chains that are deeper than the
recursion Python allows; from 19 on there are cycles and so no order.
"""
import heapq
from pathlib import Path

DATA = Path(__file__).resolve().parent.parent / "data"


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

    def shuffled(self, items):
        items = list(items)
        for i in range(len(items) - 1, 0, -1):
            j = self.between(0, i)
            items[i], items[j] = items[j], items[i]
        return items


def first_order(n, demands):
    """The alphabetically first order, or None."""
    waiting, followers = [0] * (n + 1), [[] for _ in range(n + 1)]
    for a, b in demands:
        followers[a].append(b)
        waiting[b] += 1
    ready, order = [w for w in range(1, n + 1) if not waiting[w]], []
    while ready:
        witness = heapq.heappop(ready)
        order.append(witness)
        for follower in followers[witness]:
            waiting[follower] -= 1
            if not waiting[follower]:
                heapq.heappush(ready, follower)
    return order if len(order) == n else None


def write(group, name, n, demands):
    folder = DATA / group
    folder.mkdir(parents=True, exist_ok=True)
    order = first_order(n, demands)
    lines = [f"{n} {len(demands)}"] + [f"{a} {b}" for a, b in demands]
    answer = " ".join(map(str, order)) if order else "mistrial"
    (folder / f"{name}.in").write_bytes(("\n".join(lines) + "\n").encode())
    (folder / f"{name}.ans").write_bytes((answer + "\n").encode())


def satisfiable(dice, n, m):
    order = dice.shuffled(range(1, n + 1))
    demands = []
    for _ in range(m):
        i = dice.between(0, n - 2)
        demands.append((order[i], order[dice.between(i + 1, n - 1)]))
    return demands


def chain(order):
    return list(zip(order, order[1:]))


def main():
    for old in DATA.glob("*/*.*"):
        old.unlink()
    dice = Dice(1215)
    write("sample", "1-tavern", 4, [(1, 2), (1, 3), (3, 4)])
    write("sample", "2-quarrel", 3, [(1, 2), (2, 3), (3, 1)])
    cases = [("alone", 1, []), ("two", 2, [(2, 1)]), ("free", 5, [])]
    cases.append(("twice", 3, [(3, 1), (3, 1), (1, 2)]))
    cases += [(f"small-{i}", 7, satisfiable(dice, 7, 5 + i)) for i in range(4)]
    cases += [(f"large-{i}", 1000, satisfiable(dice, 1000, 400 * i)) for i in range(1, 6)]
    cases.append(("free-large", 1500, []))
    cases.append(("star-in", 1500, [(w, 1) for w in range(2, 1501)]))
    cases.append(("star-out", 1500, [(1500, w) for w in range(1, 1500)]))
    cases.append(("chain-down", 1500, chain(range(1500, 0, -1))))
    cases.append(("chain-mixed", 1500, dice.shuffled(chain(dice.shuffled(range(1, 1501))))))
    cases.append(("cycle-two", 2, [(1, 2), (2, 1)]))
    ring = dice.shuffled(range(1, 1001))
    cases.append(("cycle-all", 1000, dice.shuffled(chain(ring + ring[:1]))))
    hidden = satisfiable(dice, 1000, 1500)
    cases.append(("cycle-hidden", 1000, dice.shuffled(hidden + chain([7, 8, 9, 7]))))
    for number, (name, n, demands) in enumerate(cases, 1):
        write("secret", f"{number:02}-{name}", n, demands)


main()
