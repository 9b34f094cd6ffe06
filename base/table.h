/* base/table.h - uthash's tables. Include this in the place of <uthash.h>: its usual
 * hash falls through cases without saying so, which clang refuses, and who knows it can
 * choose keys that all fall into one bucket. */
#ifndef BASE_TABLE_H
#define BASE_TABLE_H

#include "base/hash.h"

#define HASH_FUNCTION(keyptr, keylen, hashv)            \
    do {                                                \
        (hashv) = (unsigned)hash_bytes(keyptr, keylen); \
    } while (0)
#include <uthash.h>

#endif
