// Does not compile: a cart cannot be declared without wheels.
struct Cart {
  explicit Cart(int wheels);
};

int main() {
  Cart cart;
}
