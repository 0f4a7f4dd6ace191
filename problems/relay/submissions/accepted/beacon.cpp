// Every message starts with the lamp on and ends with it off; if it arrives the other way round,
// the fog has turned it.
#include <algorithm>
#include <bitset>
#include <iostream>
#include <string>

int main() {
  std::string mode;
  int k;
  std::cin >> mode >> k;
  while (k--) {
    if (mode == "send") {
      unsigned x;
      std::cin >> x;
      std::cout << 'o' << std::bitset<30>(x).to_string('.', 'o') << ".\n";
    } else {
      std::string s;
      std::cin >> s;
      if (s.front() == '.') std::reverse(s.begin(), s.end());
      std::cout << std::bitset<30>(s, 1, 30, '.', 'o').to_ulong() << '\n';
    }
  }
}
