/* @EXPECTED_SCORE@: 40
   Partially accepted, 40 points: forgets the modulus, so long stairs come out wrong. */
#include <inttypes.h>
#include <stdio.h>

static uint64_t counts[300001];
static char broken[300001];

int main(void) {
    int n, k, b, step;
    if (scanf("%d %d %d", &n, &k, &b) != 3) return 0;
    while (b-- > 0 && scanf("%d", &step) == 1) broken[step] = 1;
    uint64_t window = counts[0] = 1;
    for (step = 1; step <= n; step++) {
        counts[step] = broken[step] ? 0 : window;
        window += counts[step] - (step >= k ? counts[step - k] : 0);
    }
    printf("%" PRIu64 "\n", counts[n]);
    return 0;
}
