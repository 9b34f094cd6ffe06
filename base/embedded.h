/* base/embedded.h - files that travel inside the binary.
 *
 * The Makefile's EMBED names directories; tools/embed.sh turns each into one table:
 *
 *     EMBED += lua:storage/lua            in the Makefile
 *     EMBEDDED(lua)                       where the table is used: embedded_lua, and
 *                                         embedded_lua_count
 *
 * Tables are sorted by name. Bytes end in a NUL that is not counted.
 */
#ifndef BASE_EMBEDDED_H
#define BASE_EMBEDDED_H

#include "base/str.h"

struct embedded {
    struct str name; /* below the directory: "shop.lua", "css/page.css" */
    struct str bytes;
    char hash[9]; /* the first 8 hex digits of the bytes' SHA-256 */
};

#define EMBEDDED(set)                              \
    extern const struct embedded embedded_##set[]; \
    extern const size_t embedded_##set##_count;

/* NULL when there is no such file. */
const struct embedded *embedded_find(const struct embedded *files, size_t count,
                                     struct str name);

#endif
