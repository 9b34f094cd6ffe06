/* storage/redis/functions.h - the store's functions: their sources, names and loading.
 *
 * Sources lie in storage/lua and travel in the binary. Names are global in Redis, so
 * each carries the version of its source, the first 8 hex digits of its SHA-256, in the
 * place of @VERSION@: an old and a new server run side by side.
 *
 * A function that is registered with the flag no-writes is a reader: it is called by
 * FCALL_RO, may be repeated blindly, and may be tracked and cached.
 */
#ifndef STORAGE_REDIS_FUNCTIONS_H
#define STORAGE_REDIS_FUNCTIONS_H

#include "base/embedded.h"
#include "proto/err.h"

struct functions;
struct node;
struct store;

/* The files are borrowed. */
struct functions *functions_new(const struct embedded *libraries, size_t count);
void functions_free(struct functions **functions);

/* The versions of all libraries, "0123abcd 4567cdef ..."; borrowed. */
struct str functions_versions(const struct functions *functions);

/* The versioned name of one that exists (asserted), once they were loaded; borrowed. */
struct str functions_find(const struct functions *functions, const char *name,
                          bool *is_reader);
/* Loads every library that the node lacks, and learns what they register; a name that
 * stands in two of them ends the process. Waits; whoever asks meanwhile waits for the
 * same loading. ERR_NONE or a store error. The node is held meanwhile. */
enum err functions_load(struct store *store, struct node *node);

#endif
