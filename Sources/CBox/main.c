// assize-box: the part of a sandbox that must be small.
//
//   assize-box launch ...   prepares a mount namespace and turns into bubblewrap (launch.c)
//   assize-box init ...     is pid 1 inside and runs one program per request (init.c)
//   assize-box version      names the protocol, for people
#include <stdio.h>
#include <string.h>

#include "box.h"

int main(int argc, char **argv) {
  if (argc >= 2 && strcmp(argv[1], "launch") == 0) return launch_main(argc, argv);
  if (argc >= 2 && strcmp(argv[1], "init") == 0) return init_main(argc, argv);
  if (argc == 2 && strcmp(argv[1], "version") == 0) {
    printf("assize-box, protocol %d\n", BOX_PROTOCOL);
    return 0;
  }
  fprintf(stderr, "assize-box: started by assize worker, not by hand\n");
  return 2;
}
