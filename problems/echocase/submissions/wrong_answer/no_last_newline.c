/* Wrong answer: all there but the newline after the last line. */
#include <ctype.h>
#include <stdio.h>

int main(void) {
    int shouting = 0, held = EOF;
    for (int c; (c = getchar()) != EOF;) {
        if (c == '*') { shouting = !shouting; continue; }
        if (held != EOF) putchar(held);
        held = shouting ? toupper(c) : c;
    }
    return 0;
}
