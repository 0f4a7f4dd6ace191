/* Accepted: halves the interval. */
#include <stdio.h>
#include <string.h>

int main(void) {
    int low = 1, high, guesses;
    char reply[16] = "";
    if (scanf("%d %d", &high, &guesses) != 2) return 0;
    while (strcmp(reply, "right") != 0) {
        int guess = low + (high - low) / 2;
        printf("%d\n", guess);
        fflush(stdout);
        if (scanf("%15s", reply) != 1) return 0;
        if (strcmp(reply, "higher") == 0) low = guess + 1;
        if (strcmp(reply, "lower") == 0) high = guess - 1;
    }
    return 0;
}
