// Flashes for ever.
#include <stdio.h>

int main(void) {
  for (;;) puts("o.o.o.o.o.o.o.o.");
}
