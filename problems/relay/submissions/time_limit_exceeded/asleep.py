# The western keeper dozes: hardly any CPU time, but far over every wall-clock limit.
import time

mode = input()
for _ in range(int(input())):
    line = input()
    if mode == "send":
        print("o" + f"{int(line):030b}".replace("0", ".").replace("1", "o") + ".")
    else:
        time.sleep(120)
