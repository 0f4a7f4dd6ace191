// Time limit exceeded: the end of the input does not fit into an unsigned char.
#include <cctype>
#include <cstdio>

int main() {
    bool shouting = false;
    unsigned char c;
    while ((c = static_cast<unsigned char>(std::getchar())) != 256u) {
        if (c == '*') shouting = !shouting;
        else if (c < 128) std::putchar(shouting ? std::toupper(c) : c);
    }
}
