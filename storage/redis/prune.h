/* storage/redis/prune.h - deleting function libraries of versions that nobody runs.
 *
 * A library is ours when its name ends in a version and its source, with the version
 * taken out again, has that version as its hash: nobody else's can be taken for one, and
 * one of ours is known even when this program has no such subject any more. What this
 * program uses itself is never deleted. A program that comes back, or had not beaten
 * yet, loads its libraries again at the first call that lacks them.
 *
 * Waits       libraries_prune().
 */
#ifndef STORAGE_REDIS_PRUNE_H
#define STORAGE_REDIS_PRUNE_H

#include "base/arena.h"
#include "proto/err.h"

struct store;

struct libraries_pruned {
    int64_t deleted;
    int64_t used;    /* of ours, and left */
    int64_t foreign; /* of other programs, and left */
};

/* Deletes those of ours whose version stands in none of the lists, each of versions with
 * a space between two (struct process_libraries). */
enum err libraries_prune(struct store *store, const struct str *used, size_t count,
                         struct libraries_pruned *pruned);

#endif
