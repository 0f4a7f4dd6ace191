/* Accepted: one character at a time. */
#include <ctype.h>
#include <stdio.h>

int main(void) {
    int shouting = 0;
    for (int c; (c = getchar()) != EOF;) {
        if (c == '*') shouting = !shouting;
        else putchar(shouting ? toupper(c) : c);
    }
    return 0;
}
