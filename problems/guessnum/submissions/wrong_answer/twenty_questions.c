/* Wrong answer from n = 2^20 on: ends quietly, with status 0, when the game takes more than 20 guesses. */
#include <stdio.h>
#include <string.h>

int main(void) {
    int low = 1, high, guesses;
    char reply[16] = "";
    if (scanf("%d %d", &high, &guesses) != 2) return 0;
    for (int used = 0; used < 20 && strcmp(reply, "right") != 0; used++) {
        int guess = low + (high - low) / 2;
        printf("%d\n", guess);
        fflush(stdout);
        if (scanf("%15s", reply) != 1) return 0;
        if (strcmp(reply, "higher") == 0) low = guess + 1;
        if (strcmp(reply, "lower") == 0) high = guess - 1;
    }
    return 0;
}
