mode = input()
for _ in range(int(input())):
    line = input()
    if mode == "send":
        print("o" + f"{int(line):030b}".replace("0", ".").replace("1", "o") + ".")
    else:
        if line[0] == ".":
            line = line[::-1]
        print(int(line[1:-1].replace(".", "0").replace("o", "1"), 2))
