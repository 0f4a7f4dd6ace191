# Accepted: every second piece between stars is shouted.
import sys

pieces = sys.stdin.read().split("*")
pieces[1::2] = [piece.upper() for piece in pieces[1::2]]
sys.stdout.write("".join(pieces))
