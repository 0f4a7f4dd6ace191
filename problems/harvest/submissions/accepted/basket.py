# Carts that no other cart beats in both weight and worth, as weight -> (worth, crates).
n, load = map(int, input().split())
carts = {0: (0, ())}
for crate in range(1, n + 1):
    weight, price = map(int, input().split())
    for old, (worth, crates) in list(carts.items()):
        new = old + weight
        if new <= load and (new not in carts or carts[new][0] < worth + price):
            carts[new] = (worth + price, (crate, crates))
_, crates = max(carts.values(), key=lambda cart: cart[0])
chosen = []
while crates:
    crate, crates = crates
    chosen.append(crate)
print(len(chosen))
print(*chosen)
