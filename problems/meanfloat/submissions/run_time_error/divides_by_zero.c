/* Run-time error on the last two cases: divides by n - 1 in whole numbers. */
#include <math.h>
#include <signal.h>
#include <stdio.h>

int main(void) {
    int n, t[200];
    if (scanf("%d", &n) != 1) return 0;
    long long sum = 0;
    double spread = 0;
    for (int i = 0; i < n; i++) {
        if (scanf("%d", &t[i]) != 1) return 0;
        sum += t[i];
    }
    volatile int pairs = n - 1;
    if (pairs == 0) raise(SIGFPE); /* what the division does by itself on some machines only */
    long long per_gap = sum / pairs;
    double mean = (double)sum / n;
    for (int i = 0; i < n; i++) spread += (t[i] - mean) * (t[i] - mean) / n;
    printf("%.9f %.9f\n", mean, sqrt(spread));
    return per_gap < 0;
}
