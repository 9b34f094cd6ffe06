/* server/page/mustache.c - a set of templates: adding, finding, freeing. */
#include "server/page/mustache_node.h"

#include <stdlib.h>

#include "base/xmalloc.h"

/* A part of a dotted name takes two bytes of source and sixteen of the arena. */
enum { SET_BYTES_MAX = 16 * MUSTACHE_SOURCE_BYTES_MAX };

struct mustache *
mustache_new(enum mustache_raw raw)
{
    struct mustache *set = xcalloc(1, sizeof(*set));

    set->raw = raw;
    set->arena = arena_new(SET_BYTES_MAX);
    return set;
}

void
mustache_free(struct mustache **set)
{
    if (*set != NULL) {
        for (size_t i = 0; i < (*set)->count; i++) {
            free((*set)->templates[i].nodes);
        }
        arena_free(&(*set)->arena);
        free(*set);
        *set = NULL;
    }
}

const struct template *
mustache_find(const struct mustache *set, struct str name)
{
    for (size_t i = 0; i < set->count; i++) {
        if (str_equal(set->templates[i].name, name)) {
            return &set->templates[i];
        }
    }
    return NULL;
}

bool
mustache_add(struct mustache *set, struct str name, struct str source,
             struct mustache_fault *fault)
{
    struct template *made = set->templates + set->count;

    *fault = (struct mustache_fault){ 0 };
    if (set->count == MUSTACHE_TEMPLATES_MAX) {
        fault->reason = "the set is full";
    } else if (mustache_find(set, name) != NULL) {
        fault->reason = "there is a template of this name";
    } else if (source.len > MUSTACHE_SOURCE_BYTES_MAX - set->source_bytes) {
        fault->reason = "the templates are too large";
    } else if (mustache_parse(set, arena_dup(set->arena, source), made, fault)) {
        set->source_bytes += source.len;
        made->name = arena_dup(set->arena, name);
        set->count++;
        return true;
    }
    return false;
}

struct str
mustache_missing(const struct mustache *set)
{
    for (size_t t = 0; t < set->count; t++) {
        for (size_t i = 0; i < set->templates[t].count; i++) {
            const struct node *node = &set->templates[t].nodes[i];

            if ((node->kind == NODE_PARTIAL || node->kind == NODE_PARENT) &&
                mustache_find(set, node->text) == NULL) {
                return node->text;
            }
        }
    }
    return (struct str){ NULL, 0 };
}
