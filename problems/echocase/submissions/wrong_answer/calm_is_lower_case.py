# Wrong answer that differs in nothing but case: calm text is turned to lower case.
import sys

pieces = sys.stdin.read().split("*")
for i, piece in enumerate(pieces):
    pieces[i] = piece.upper() if i % 2 else piece.lower()
sys.stdout.write("".join(pieces))
