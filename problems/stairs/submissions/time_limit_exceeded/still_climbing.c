/* Time limit exceeded, 0 points: waits until as many steps are below it as above, and turns back each time. */
#include <stdio.h>

int main(void) {
    int n, k, b;
    if (scanf("%d %d %d", &n, &k, &b) != 3) return 0;
    volatile int below = 0;
    while (below <= n) below = below < n ? below + 1 : 0;
    printf("%d\n", below);
    return 0;
}
