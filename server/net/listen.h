/* server/net/listen.h - listening sockets, one for each loop on the same port. */
#ifndef SERVER_NET_LISTEN_H
#define SERVER_NET_LISTEN_H

#include <stdbool.h>

/* A bound socket that does not listen yet, or -1 with errno. `shared`: others of this
 * process bind the same port (SO_REUSEPORT). *port 0 is filled in with what the system
 * chose.
 *
 * SO_REUSEPORT also hides that another process of this user serves there: bind once
 * with `shared` false, close, and bind again (RELIABILITY.md 4). */
int listen_bind(const char *host, int *port, bool shared);

#endif
