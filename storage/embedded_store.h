/* storage/embedded_store.h - the private redis-server of a data directory.
 *
 * One Redis, Debian's, with an append-only file that is synced before each answer
 * (RELIABILITY.md 1). It listens on a Unix socket inside the directory (0700) and
 * nowhere else; clients reach it through /proc/self/fd/N/redis.sock of the opened
 * directory, for a socket's path may have 107 bytes only. Whoever starts it holds
 * DIR/lock, and the running store inherits the lock: it lasts as long as the store.
 *
 * DIR/redis.auth (0600) holds the passwords of two users: "service", who may not
 * configure, flush or shut down, and "admin", for backup and doctor.
 *
 * Waits       As marked.
 * Ownership   Texts given back live as long as the struct.
 */
#ifndef STORAGE_EMBEDDED_STORE_H
#define STORAGE_EMBEDDED_STORE_H

#include "base/task.h"

struct embedded_store;

enum {
    EMBEDDED_LOCK_WAIT_MS = 5000, /* for a store that is just ending */
    EMBEDDED_STOP_MS = 10000
};

/* Opens a directory; makes it and the passwords when they are not there. NULL, and
 * `why` in one line, when it cannot be written. */
struct embedded_store *embedded_store_open(const char *dir, char *why, size_t why_room);
/* Stops the store if it was started here. Waits then. */
void embedded_store_close(struct embedded_store **embedded);

/* Where the store is, and who we are there. */
const char *embedded_store_url(const struct embedded_store *embedded);
const char *embedded_store_password(const struct embedded_store *embedded);
const char *embedded_store_admin_password(const struct embedded_store *embedded);
/* A path in the directory, by way of /proc/self/fd. */
void embedded_store_path(const struct embedded_store *embedded, const char *name,
                         char *path, size_t room);

/* Takes the lock; false when somebody else runs the store for longer than wait_ms.
 * Waits. */
bool embedded_store_lock(struct embedded_store *embedded, int wait_ms);

enum embedded_sync {
    EMBEDDED_SYNC_ALWAYS,
    EMBEDDED_SYNC_EVERYSEC,
    EMBEDDED_RESTORING /* what a restore laid out; it does not outlive us for a moment */
};

/* Is redis-server in PATH? */
bool embedded_store_installed(void);

/* Starts it, with the lock held; the caller's store connects by itself when it is up.
 * False, and `why` in one line, when redis-server is missing or cannot be started. */
bool embedded_store_start(struct embedded_store *embedded, enum embedded_sync sync,
                          char *why, size_t why_room);
/* Start it again whenever it ends by itself. */
void embedded_store_keep(struct embedded_store *embedded);
bool embedded_store_alive(const struct embedded_store *embedded);
/* Waits. */
void embedded_store_stop(struct embedded_store *embedded);

/* --- restoring, with the lock held ---------------------------------------------------
 * A snapshot is laid into DIR/restoring, the store is started there to see whether it
 * can be read, and stopped; then one rename makes it the directory's store. Whoever is
 * killed on the way leaves an empty directory: what lies there goes with the next start.
 * False comes with errno. */
/* Is there a store already? */
bool embedded_store_holds_data(const struct embedded_store *embedded);
/* Makes room; `path` is where the snapshot must be put. */
bool embedded_restore_begin(const struct embedded_store *embedded, char *path,
                            size_t room);
bool embedded_restore_end(const struct embedded_store *embedded);
/* Also when there is nothing to drop. */
void embedded_restore_drop(const struct embedded_store *embedded);

#endif
