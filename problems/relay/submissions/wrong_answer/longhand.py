# As many flashes as the number says: right for small numbers, too long for the others.
mode = input()
for _ in range(int(input())):
    line = input()
    print("o" * (min(int(line), 40) + 1) if mode == "send" else len(line) - 1)
