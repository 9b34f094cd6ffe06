/* storage/redis/address.h - where a store is, read from the words of the command line.
 *
 *     redis://user:password@host:port     unix:PATH
 *     redis://user:password@host:port,host:port     nodes of one cluster
 *
 * A name is looked up by address_resolve(), each time a connection is opened.
 */
#ifndef STORAGE_REDIS_ADDRESS_H
#define STORAGE_REDIS_ADDRESS_H

#include "base/str.h"

enum { ADDRESS_TEXT_MAX = 256, ADDRESS_OTHERS_MAX = 7, UNIX_PATH_MAX = 107 };

struct address_host {
    char host[ADDRESS_TEXT_MAX];
    int port;
};

struct address {
    bool is_unix;
    char host[ADDRESS_TEXT_MAX]; /* or the path */
    int port;
    char user[ADDRESS_TEXT_MAX]; /* "" none */
    char password[ADDRESS_TEXT_MAX];
    struct address_host other[ADDRESS_OTHERS_MAX]; /* to be asked as well */
    size_t others;
};

/* False, and *reason says why in English, when it cannot be understood. */
bool address_parse(struct str url, struct address *address, const char **reason);
/* The numeric form of a host, which is copied when it is that already. Waits (the
 * thread pool). False when there is no such name. */
bool address_resolve(const struct address *address, char numeric[ADDRESS_TEXT_MAX]);

#endif
