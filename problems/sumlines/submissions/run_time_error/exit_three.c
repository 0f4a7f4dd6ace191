/* Run-time error from case 141 on: every sum is right, but two empty lines in a row,
   or one at the end, make it leave with status 3. */
#include <stdio.h>
#include <stdlib.h>

int main(void) {
    char line[512];
    int status = 0, empty = 0;
    if (!fgets(line, sizeof line, stdin)) return 0;
    for (int towns = atoi(line); towns > 0 && fgets(line, sizeof line, stdin); towns--) {
        long long sum = 0;
        char *at = line, *end;
        for (;;) {
            long long value = strtoll(at, &end, 10);
            if (end == at) break;
            sum += value;
            at = end;
        }
        empty = at == line ? empty + 1 : 0;
        if (empty == 2 || (empty == 1 && towns == 1)) status = 3;
        printf("%lld\n", sum);
    }
    return status;
}
