/* storage/sale/import_known.c - words and what they stand for, in a table that grows. */
#include <stdlib.h>

#include "base/xmalloc.h"
#include "storage/sale/import_inside.h"

enum { KNOWN_MAX = 1000000, CHAINS = 1 << 16 };

struct known {
    struct known_thing *chain[CHAINS];
    size_t count;
};

/* FNV-1a: rows come from the merchant's own file, in a process of its own. */
static size_t
chain_of(struct str word)
{
    uint64_t hash = UINT64_C(14695981039346656037);

    for (size_t i = 0; i < word.len; i++) {
        hash = (hash ^ (unsigned char)word.data[i]) * UINT64_C(1099511628211);
    }
    return (hash ^ hash >> 32) % CHAINS;
}

struct known *
known_new(void)
{
    return xcalloc(1, sizeof(struct known));
}

void
known_free(struct known **known)
{
    if (*known == NULL) {
        return;
    }
    for (size_t i = 0; i < CHAINS; i++) {
        struct known_thing *thing = (*known)->chain[i];

        while (thing != NULL) {
            struct known_thing *next = thing->next;

            free(thing);
            thing = next;
        }
    }
    free(*known);
    *known = NULL;
}

struct known_thing *
known_find(const struct known *known, struct str word)
{
    struct known_thing *thing = known->chain[chain_of(word)];

    while (thing != NULL && !str_equal(thing->word, word)) {
        thing = thing->next;
    }
    return thing;
}

struct known_thing *
known_add(struct known *known, struct str word)
{
    struct known_thing **chain = &known->chain[chain_of(word)];
    struct known_thing *thing;
    char *copy;

    if (known->count == KNOWN_MAX) {
        return NULL;
    }
    thing = xcalloc(1, sizeof(*thing) + word.len);
    copy = (char *)(thing + 1);
    memcpy(copy, word.data, word.len);
    thing->word = str_of(copy, word.len);
    thing->next = *chain;
    *chain = thing;
    known->count++;
    return thing;
}
