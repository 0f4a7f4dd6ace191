// Three files, two of which have to be compiled.
#include <stdio.h>
#include <stdlib.h>

#include "account.h"

int main(void) {
    char line[512];
    if (!fgets(line, sizeof line, stdin)) return 0;
    for (int towns = atoi(line); towns > 0; towns--) {
        if (!fgets(line, sizeof line, stdin)) break;
        printf("%lld\n", balance(line));
    }
    return 0;
}
