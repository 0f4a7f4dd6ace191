# Wrong answer: starts at 1 and runs out of guesses.
n, guesses = map(int, input().split())
for guess in range(1, n + 1):
    print(guess, flush=True)
    if input() == "right":
        break
