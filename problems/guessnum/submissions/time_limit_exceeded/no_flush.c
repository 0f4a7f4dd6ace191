/* Time limit exceeded: the guess stays in the buffer, so both sides wait for each other. */
#include <stdio.h>
#include <string.h>

int main(void) {
    static char buffer[1 << 16];
    setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
    int low = 1, high, guesses;
    char reply[16] = "";
    if (scanf("%d %d", &high, &guesses) != 2) return 0;
    while (strcmp(reply, "right") != 0) {
        int guess = low + (high - low) / 2;
        printf("%d\n", guess);
        if (scanf("%15s", reply) != 1) return 0;
        if (strcmp(reply, "higher") == 0) low = guess + 1;
        if (strcmp(reply, "lower") == 0) high = guess - 1;
    }
    return 0;
}
