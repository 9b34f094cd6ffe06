/* server/api/shop_name.c - see the header. */
#include "server/api/shop_name.h"

#include <ctype.h>

#include "base/utf8.h"

/* Folded, and without ASCII spaces and punctuation. */
static struct str
essence(struct arena *arena, struct str text)
{
    struct str folded = utf8_fold(arena, text);
    char *out = arena_alloc(arena, folded.len + 1);
    size_t len = 0;

    for (size_t i = 0; i < folded.len; i++) {
        unsigned char c = (unsigned char)folded.data[i];

        if (c >= 0x80 || isalnum(c)) {
            out[len++] = (char)c;
        }
    }
    return str_of(out, len);
}

bool
shop_name_reserved(struct arena *arena, const struct policy *policy, struct str name)
{
    struct str held = essence(arena, name);

    for (size_t i = 0; i < policy->names.reserved.count; i++) {
        struct str word = essence(arena, policy->names.reserved.item[i]);

        if (word.len > 0 && memmem(held.data, held.len, word.data, word.len) != NULL) {
            return true;
        }
    }
    return false;
}
