# Accepted: builds the number from its highest bit, and asks for those above n only in its head.
n, guesses = map(int, input().split())
found = 0
for bit in reversed(range(guesses)):
    guess = found + 2**bit
    if guess > n:
        continue
    print(guess, flush=True)
    reply = input()
    if reply == "right":
        break
    if reply == "higher":
        found = guess
