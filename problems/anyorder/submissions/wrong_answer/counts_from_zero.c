/* Wrong answer: a good order, but its first witness is number 0. */
#include <stdio.h>

static int waiting[1500], before[3000], after[3000];

int main(void) {
    int n, m, heard = 0;
    if (scanf("%d %d", &n, &m) != 2) return 0;
    for (int i = 0; i < m; i++) {
        if (scanf("%d %d", &before[i], &after[i]) != 2) return 0;
        waiting[--after[i]]++;
        before[i]--;
    }
    static int order[1500];
    for (int w = 0; w < n; w++) if (waiting[w] == 0) order[heard++] = w;
    for (int k = 0; k < heard; k++)
        for (int i = 0; i < m; i++)
            if (before[i] == order[k] && --waiting[after[i]] == 0) order[heard++] = after[i];
    if (heard < n) puts("mistrial");
    else for (int k = 0; k < n; k++) printf("%d\n", order[k]);
    return 0;
}
