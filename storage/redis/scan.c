/* storage/redis/scan.c - walking Redis' own table of keys. */
#include "storage/redis/scan.h"

#include <stdio.h>

enum { KEYS_LOOKED_AT = 500, SCAN_TIMEOUT_MS = 5000 };

void
scan_begin(struct scan *scan, const char *pattern)
{
    *scan = (struct scan){ .pattern = pattern, .cursor = "0" };
}

/* Nodes are walked one after the other: a cursor is one node's. When keys have moved
 * between them, from the first again. */
static size_t
begin_step(const struct store *store, struct scan *scan)
{
    int64_t map;
    size_t nodes = store_nodes(store, &map);

    if (scan->map != map) {
        *scan = (struct scan){ .pattern = scan->pattern, .cursor = "0", .map = map };
    }
    return nodes;
}

enum err
scan_next(struct store *store, struct arena *arena, struct scan *scan,
          const struct reply **keys)
{
    struct call *call = call_command(arena, "SCAN");
    size_t nodes = begin_step(store, scan);
    struct str cursor;
    enum err err;

    call_at_node(call, scan->node);
    call_text(call, scan->cursor);
    call_text(call, "MATCH");
    call_text(call, scan->pattern);
    call_text(call, "COUNT");
    call_int(call, KEYS_LOOKED_AT);
    call->timeout_ms = SCAN_TIMEOUT_MS;
    if ((err = call_wait(store, call)) != ERR_NONE) {
        return err;
    }
    cursor = reply_str(reply_at(call->reply, 0));
    if (cursor.len == 0 || cursor.len >= sizeof(scan->cursor)) {
        return ERR_BAD_DATA;
    }
    snprintf(scan->cursor, sizeof(scan->cursor), "%.*s", STR_ARGS(cursor));
    scan->node += str_equal(cursor, STR("0"));
    scan->done = scan->node >= nodes && begin_step(store, scan) == scan->node;
    *keys = reply_at(call->reply, 1);
    return ERR_NONE;
}
