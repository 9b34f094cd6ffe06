/* storage/visit/visit.c - see the header. */
#include "storage/visit/visit.h"

#include "proto/score/decay.h"
#include "storage/key.h"
#include "storage/privacy/pseudonym.h"
#include "storage/redis/call.h"

enum err
visit_make(struct store *store, const struct visit_of *of, struct event *event)
{
    struct event_visit *visit = &event->visit;
    struct pseudonym_of who = { .kind = PSEUDONYM_VISITOR,
                                .shop = of->shop,
                                .period = period_of_day(of->day),
                                .person = of->person };
    uint64_t pseudonym = 0;
    enum err err = pseudonym_make(store, &who, &pseudonym); /* waits */

    event->kind = EVENT_VISIT;
    event->shop = of->shop;
    visit->day = of->day;
    visit->visitor_class = of->visitor_class;
    visit->visitor = pseudonym & ((UINT64_C(1) << 40) - 1);
    if (err == ERR_NONE) {
        who.kind = PSEUDONYM_NET;
        who.person = of->net;
        err = pseudonym_make(store, &who, &pseudonym); /* waits */
        visit->net = (uint16_t)pseudonym != 0 ? (uint16_t)pseudonym : 1;
    }
    return err;
}

static struct str
entry_bytes(struct arena *arena, const struct visit_entry *entry)
{
    struct str bytes = STR("");
    struct buf out;

    if (entry->event_count > 0) {
        buf_init(&out, EVENT_ENTRY_BYTES_MAX);
        event_write(&out, entry->events, entry->event_count);
        bytes = out.full ? STR("") : arena_dup(arena, buf_str(&out));
        buf_free(&out);
    }
    return bytes;
}

static struct call *
call_append(struct arena *arena, const struct visit_entry *entry)
{
    struct call *call = call_function(arena, "visit_append");

    call_keyf(call, KEY_EVENTS, entry->partition);
    for (size_t i = 0; i < entry->view_count; i++) {
        const struct visit_view *view = &entry->views[i];

        call_keyf(call, KEY_STATS, entry->partition, view->shop.value,
                  period_of_day(view->day));
    }
    call_arg(call, entry_bytes(arena, entry));
    for (size_t i = 0; i < entry->view_count; i++) {
        const struct visit_view *view = &entry->views[i];

        call_arg(call, arena_printf(arena, "v%d:%" PRId64, (int)view->day,
                                    view->product.value));
        call_int(call, view->views);
    }
    return call;
}

enum err
visit_append(struct store *store, struct arena *arena, struct visit_entry *entries,
             size_t count)
{
    struct call **calls = arena_alloc(arena, count * sizeof *calls + 1);
    enum err err;

    for (size_t i = 0; i < count; i++) {
        calls[i] = call_append(arena, &entries[i]);
    }
    err = call_wait_all(store, calls, count); /* waits */
    for (size_t i = 0; i < count; i++) {
        entries[i].err = calls[i]->err;
    }
    return err;
}
