/* cli/run.h - what a process of `xiaopu run` needs to know of the others. */
#ifndef CLI_RUN_H
#define CLI_RUN_H

#include "cli/reach.h"

/* The options that `run` passes on to the server and to the worker. */
#define TAKES_SERVER                                                        \
    (TAKES_STORE | TAKES(LISTEN) | TAKES(ADMIN) | TAKES(PUBLIC_URL) |       \
     TAKES(TLS_CERT) | TAKES(TLS_KEY) | TAKES(LOOPS) | TAKES(TRUST_PROXY) | \
     TAKES(TEST_CLOCK))
#define TAKES_SCORING (TAKES_STORE | TAKES(TEST_CLOCK))
#define TAKES_RUN     (TAKES_SERVER | TAKES_SCORING | TAKES(DURABILITY) | TAKES(DEMO))

#define LISTEN_DEFAULT "127.0.0.1:8080"
#define ADMIN_DEFAULT  "127.0.0.1:8081"

/* Is the server whose admin listener is at `admin` ready? Blocks for up to a second:
 * for task_offload(). */
struct ready_question {
    struct listen_address admin;
    bool ready;
};
void ready_ask(void *question);

/* A port for an address with port 0, so that a server that comes back has the same
 * one. False when the address cannot be bound at all. */
bool port_choose(struct listen_address *address);

#endif
