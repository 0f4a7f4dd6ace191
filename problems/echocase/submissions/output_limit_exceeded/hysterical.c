/* @EXPECTED_RESULTS@: OUTPUT_LIMIT
   Output limit exceeded: once he shouts, he never stops. */
#include <ctype.h>
#include <stdio.h>

int main(void) {
    for (int c; (c = getchar()) != EOF;) {
        while (c == '*') puts("SILENCE IN COURT! SILENCE IN COURT! SILENCE IN COURT!");
        putchar(c);
    }
    return 0;
}
