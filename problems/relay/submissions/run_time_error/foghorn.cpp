// Sends well, then gives up with an uncaught exception on the first reversed message.
#include <bitset>
#include <iostream>
#include <stdexcept>
#include <string>

int main() {
  std::string mode, line;
  int k;
  std::cin >> mode >> k;
  while (k--) {
    std::cin >> line;
    if (mode == "send") {
      std::cout << 'o' << std::bitset<30>(std::stoul(line)).to_string('.', 'o') << ".\n";
    } else {
      if (line.front() == '.') throw std::runtime_error("back to front");
      std::cout << std::bitset<30>(line, 1, 30, '.', 'o').to_ulong() << '\n';
    }
  }
}
