/* Wrong answer from case 201 on: sums in 32 bits. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int main(void) {
    char line[512];
    if (!fgets(line, sizeof line, stdin)) return 0;
    for (int towns = atoi(line); towns > 0 && fgets(line, sizeof line, stdin); towns--) {
        uint32_t sum = 0;
        char *at = line, *end;
        for (;;) {
            long long value = strtoll(at, &end, 10);
            if (end == at) break;
            sum += (uint32_t)value;
            at = end;
        }
        printf("%d\n", (int32_t)sum);
    }
    return 0;
}
