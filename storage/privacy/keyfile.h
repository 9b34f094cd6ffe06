/* storage/privacy/keyfile.h - the key file's text, and how it gets onto the disk.
 *
 *     xiaopu-keys 1
 *     id 0123456789abcdef
 *     release HEX
 *     receipt HEX
 *     sealing HEX
 *     month 2026-11 MADE_AT_MS HEX          one line for each wrapping key, ascending
 *     check HEX                             SHA-256 of all lines above
 *
 * storage/privacy/keys.c decides what stands in it.
 */
#ifndef STORAGE_PRIVACY_KEYFILE_H
#define STORAGE_PRIVACY_KEYFILE_H

#include "base/str.h"
#include "storage/privacy/keys.h"

enum { KEYFILE_MONTHS_MAX = 8 };

struct wrapping_key {
    uint16_t month; /* since January 1970, UTC */
    int64_t made_at_ms;
    uint8_t key[KEY_BYTES];
};

struct keyfile {
    char id[KEYS_ID_BYTES];
    uint8_t release[KEY_BYTES];
    uint8_t receipt[KEY_BYTES];
    uint8_t sealing[KEY_BYTES];
    struct wrapping_key month[KEYFILE_MONTHS_MAX]; /* ascending; at least one */
    size_t months;
};

enum keyfile_state { KEYFILE_READ, KEYFILE_ABSENT, KEYFILE_BAD };

/* KEYFILE_BAD sets *why, a literal. */
enum keyfile_state keyfile_read(const char *path, struct keyfile *file,
                                const char **why);
/* Whole or not at all (a new file, fsync, then its name). With `fresh` a file that is
 * there already stays, and false is given with *why NULL. */
bool keyfile_write(const char *path, const struct keyfile *file, bool fresh,
                   const char **why);

#endif
