/* Accepted: line by line, 64-bit sums. */
#include <stdio.h>
#include <stdlib.h>

int main(void) {
    char line[512];
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
        printf("%lld\n", sum);
    }
    return 0;
}
