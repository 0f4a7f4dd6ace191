/* Wins every game, and leaves with the number of its guesses as exit status. */
#include <stdio.h>
#include <string.h>

int main(void) {
    int low = 1, high, guesses, used = 0;
    char reply[16] = "";
    if (scanf("%d %d", &high, &guesses) != 2) return 0;
    while (strcmp(reply, "right") != 0) {
        int guess = (low + high) / 2;
        printf("%d\n", guess);
        fflush(stdout);
        used++;
        if (scanf("%15s", reply) != 1) return 0;
        if (strcmp(reply, "higher") == 0) low = guess + 1;
        if (strcmp(reply, "lower") == 0) high = guess - 1;
    }
    return used;
}
