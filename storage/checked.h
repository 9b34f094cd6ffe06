/* storage/checked.h - what the last `xiaopu verify` found.
 *
 * Waits       Every function here.
 * Ownership   Results lie in the arena.
 */
#ifndef STORAGE_CHECKED_H
#define STORAGE_CHECKED_H

#include "base/arena.h"
#include "proto/err.h"

struct store;

enum { CHECKED_FIGURES_BYTES_MAX = 64 << 10 };

struct checked {
    int64_t at_ms; /* 0: never */
    bool passed;
    struct str figures; /* JSON: each invariant with its figure */
};

enum err checked_write(struct store *store, struct arena *arena,
                       const struct checked *checked);
enum err checked_read(struct store *store, struct arena *arena,
                      struct checked *checked);

#endif
