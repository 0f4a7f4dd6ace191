"""Weighs the cart and compares its worth with that of the cart in the answer file.

Without arguments only the best worth is accepted. With the argument `graded` a lesser cart is
accepted too, and score_multiplier.txt says what part of the points it gets.
"""

import sys
from pathlib import Path
from typing import NoReturn

ACCEPTED, WRONG, BROKEN = 42, 43, 1


def main() -> NoReturn:
    input_file, answer_file, feedback, *arguments = sys.argv[1:]

    def finish(code: int, message: str) -> NoReturn:
        with open(Path(feedback, "judgemessage.txt"), "a") as file:
            file.write(message + "\n")
        sys.exit(code)

    (n, load), *crates = (tuple(map(int, line.split())) for line in open(input_file))
    best, _ = weigh(Path(answer_file).read_bytes().split(), n, load, crates)
    if best is None:
        finish(BROKEN, "the answer file has no valid cart")
    worth, fault = weigh(sys.stdin.buffer.read().split(), n, load, crates)
    if worth is None:
        finish(WRONG, fault)
    if worth > best:
        finish(BROKEN, f"worth {worth}, more than the {best} of the answer file")

    message = f"worth {worth} of {best}"
    if "graded" not in arguments:
        finish(ACCEPTED if worth == best else WRONG, message)
    if worth == best:
        part = "1"
    elif 10 * worth >= 9 * best:
        part = "0.5"
    elif 2 * worth >= best:
        part = "0.25"
    else:
        finish(WRONG, message + ", less than a half")
    Path(feedback, "score_multiplier.txt").write_text(part + "\n")
    finish(ACCEPTED, message)


def weigh(
    words: list[bytes], n: int, load: int, crates: list[tuple[int, ...]]
) -> tuple[int | None, str]:
    """The worth of a cart, or None and what is wrong with it. The words are a contestant's."""
    if not words or len(words) > n + 1:
        return None, "not a count and that many crates"
    if not all(word.isdigit() and len(word) <= 4 for word in words):
        return None, "something is not the number of a crate"
    count, *cart = map(int, words)
    if count != len(cart):
        return None, f"{count} crates are promised, {len(cart)} are named"
    if len(set(cart)) != count:
        return None, "a crate is on the cart twice"
    if not all(1 <= crate <= n for crate in cart):
        return None, "a crate does not exist"
    weight = sum(crates[crate - 1][0] for crate in cart)
    if weight > load:
        return None, f"the cart breaks down under {weight}, it carries {load}"
    return sum(crates[crate - 1][1] for crate in cart), ""


main()
