#include "account.h"

#include <stdlib.h>

long long balance(const char *line) {
    long long sum = 0;
    char *end;
    for (;;) {
        long long value = strtoll(line, &end, 10);
        if (end == line) return sum;
        sum += value;
        line = end;
    }
}
