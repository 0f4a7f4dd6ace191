/* The lower half of this card is missing. */
#include <stdio.h>

int main(void) {
  int n, s;
  if (scanf("%d %d", &n, &s) != 2) {
    return 1;
