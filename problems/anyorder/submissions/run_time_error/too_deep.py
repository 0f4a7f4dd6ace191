# Run-time error on the chains: RecursionError, as Python stops at a depth of 1000.
import sys

sys.setrecursionlimit(1000)
n, m, *ends = map(int, sys.stdin.read().split())
followers = [[] for _ in range(n + 1)]
for a, b in zip(ends[::2], ends[1::2]):
    followers[a].append(b)
state, order, mistrial = [0] * (n + 1), [], False


def hear(witness):
    global mistrial
    state[witness] = 1
    for follower in followers[witness]:
        mistrial |= state[follower] == 1
        if state[follower] == 0:
            hear(follower)
    state[witness] = 2
    order.append(witness)


for witness in range(1, n + 1):
    if state[witness] == 0:
        hear(witness)
print("mistrial" if mistrial else " ".join(map(str, reversed(order))))
