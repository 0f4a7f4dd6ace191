# Accepted: depth first with a stack of its own, then backwards.
import sys


def main():
    n, m, *ends = map(int, sys.stdin.read().split())
    followers = [[] for _ in range(n + 1)]
    for a, b in zip(ends[::2], ends[1::2]):
        followers[a].append(b)
    state, order = [0] * (n + 1), []
    for start in range(1, n + 1):
        if state[start]:
            continue
        state[start] = 1
        stack = [(start, iter(followers[start]))]
        while stack:
            witness, rest = stack[-1]
            for follower in rest:
                if state[follower] == 1:
                    return print("mistrial")
                if state[follower] == 0:
                    state[follower] = 1
                    stack.append((follower, iter(followers[follower])))
                    break
            else:
                state[witness] = 2
                order.append(witness)
                stack.pop()
    print(*reversed(order))


main()
