/* storage/redis/record.c - what a page was made of, and pages that go with it. */
#include <assert.h>
#include <stdlib.h>

#include "base/xmalloc.h"
#include "storage/redis/cached.h"
#include "storage/redis/inside.h"

enum { NOTES_FIRST = 16 };

struct cache_record {
    struct store *store;
    struct arena *arena;
    struct cached **noted; /* held for the arena */
    size_t count;
    size_t room;
    bool spoiled;
};

struct cache_link {
    void (*dropped)(void *arg);
    void *arg;
    size_t parts;
    struct link_part part[];
};

/* --- noting -------------------------------------------------------------------------
 */
struct cache_record *
cache_record_begin(struct store *store, struct arena *arena)
{
    struct cache_record *record = arena_alloc(arena, sizeof *record);

    assert(*task_slot() == NULL);
    record->store = store;
    record->arena = arena;
    *task_slot() = record;
    return record;
}

void
cache_record_end(struct cache_record *record)
{
    assert(*task_slot() == record);
    *task_slot() = NULL;
}

void
cache_record_spoil(void)
{
    struct cache_record *record = *task_slot();

    if (record != NULL) {
        record->spoiled = true;
    }
}

static void
grow(struct cache_record *record)
{
    size_t room = record->room == 0 ? NOTES_FIRST : 2 * record->room;
    struct cached **noted = arena_alloc(record->arena, room * sizeof(*noted));

    for (size_t i = 0; i < record->count; i++) {
        noted[i] = record->noted[i];
    }
    record->noted = noted;
    record->room = room;
}

void
record_note(struct cached *cached)
{
    struct cache_record *record = *task_slot();

    if (record == NULL) {
        return;
    }
    if (record->count == record->room) {
        grow(record);
    }
    cached_hold(cached, record->arena);
    record->noted[record->count++] = cached;
}

/* --- links --------------------------------------------------------------------------
 */
static bool
still_true(const struct cache_record *record)
{
    if (record->spoiled || !cache_is_told(record->store->cache)) {
        return false;
    }
    for (size_t i = 0; i < record->count; i++) {
        if (record->noted[i]->state != CACHED_KEPT) {
            return false;
        }
    }
    return true;
}

struct cache_link *
cache_record_link(struct cache_record *record, void (*dropped)(void *arg), void *arg)
{
    struct cache_link *link;

    if (!still_true(record)) {
        return NULL;
    }
    link = xmalloc(sizeof *link + record->count * sizeof link->part[0]);
    link->dropped = dropped;
    link->arg = arg;
    link->parts = record->count;
    for (size_t i = 0; i < record->count; i++) {
        link->part[i].link = link;
        LIST_INSERT_HEAD(&record->noted[i]->pages, &link->part[i], others);
    }
    return link;
}

void
cache_unlink(struct cache_link **link)
{
    if (*link == NULL) {
        return;
    }
    for (size_t i = 0; i < (*link)->parts; i++) {
        LIST_REMOVE(&(*link)->part[i], others);
    }
    free(*link);
    *link = NULL;
}

void
record_drop_pages(struct cached *cached)
{
    while (!LIST_EMPTY(&cached->pages)) {
        struct cache_link *link = LIST_FIRST(&cached->pages)->link;
        void (*dropped)(void *arg) = link->dropped;
        void *arg = link->arg;

        cache_unlink(&link);
        dropped(arg);
    }
}
