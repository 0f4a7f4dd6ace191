/* Accepted: the mean first, then the distances from it. */
#include <math.h>
#include <stdio.h>

int main(void) {
    int n, t[200];
    if (scanf("%d", &n) != 1) return 0;
    double mean = 0, spread = 0;
    for (int i = 0; i < n; i++) {
        if (scanf("%d", &t[i]) != 1) return 0;
        mean += (double)t[i] / n;
    }
    for (int i = 0; i < n; i++) spread += (t[i] - mean) * (t[i] - mean) / n;
    printf("%.9f\n%.9f\n", mean, sqrt(spread));
    return 0;
}
