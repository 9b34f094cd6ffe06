/* server/loop/flush.c - leaves out owners and crawlers, says who came, appends.
 *
 * Who is signed in is one visitor wherever they are; anybody else is an address and an
 * agent. Nets are /24 and /56 (SCORING.md 3.2). Accounts are not verified yet, so a
 * visitor is a member or anonymous. */
#include "server/loop/flush.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/crypto.h"
#include "proto/event.h"
#include "proto/time.h"
#include "server/loop/crawler.h"
#include "server/loop/loop.h"
#include "storage/member/session.h"
#include "storage/visit/visit.h"

enum { FLUSH_ARENA_BYTES_MAX = 16 << 20, NET_IPV4_BYTES = 15, NET_IPV6_BYTES = 7 };

struct flush {
    struct server_loop *at;
    struct arena *arena;
    struct event *events; /* by partition */
    struct visit_view *views;
    size_t event_count;
    size_t view_count;
};

static int
compare_partitions(const void *a, const void *b)
{
    const struct visit_seen *x = a, *y = b;
    unsigned px = id_partition(x->shop.value), py = id_partition(y->shop.value);

    return (px > py) - (px < py);
}

/* Who it is, or nobody; an unreadable session is nobody's. */
static bool
read_member(struct flush *flush, const struct visit_seen *seen, struct session *session)
{
    return seen->token[0] != '\0' &&
           member_session_peek(flush->at->store, flush->arena, str_from(seen->token),
                               seen->at_ms, session) == ERR_NONE; /* waits */
}

static struct str
net_of(const struct address *address)
{
    static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

    return str_of(address->bytes, memcmp(address->bytes, mapped, sizeof mapped) == 0
                                      ? NET_IPV4_BYTES
                                      : NET_IPV6_BYTES);
}

/* A member, or an address and an agent. */
static struct str
person_of(struct flush *flush, const struct visit_seen *seen,
          const struct session *member)
{
    size_t address = sizeof seen->address.bytes;
    size_t agent = strlen(seen->agent);
    char *person;

    if (member != NULL) {
        return arena_printf(flush->arena, "m%" PRId64, member->member.value);
    }
    person = arena_alloc(flush->arena, address + agent);
    memcpy(person, seen->address.bytes, address);
    memcpy(person + address, seen->agent, agent);
    return (struct str){ person, address + agent };
}

/* NULL: nobody is signed in. */
static enum err
make_visit(struct flush *flush, const struct visit_seen *seen,
           const struct session *member, struct event *event)
{
    const struct visit_of of = {
        .shop = seen->shop,
        .day = time_day(seen->at_ms / 1000),
        .person = person_of(flush, seen, member),
        .net = net_of(&seen->address),
        .visitor_class = member != NULL ? VISITOR_MEMBER : VISITOR_ANONYMOUS,
    };

    return visit_make(flush->at->store, &of, event); /* waits */
}

/* Adds it to the same view of this entry, or as a new one. */
static void
add_view(struct flush *flush, struct visit_entry *entry, const struct visit_seen *seen)
{
    struct visit_view *views = flush->views + flush->view_count - entry->view_count;
    int32_t day = time_day(seen->at_ms / 1000);

    for (size_t i = 0; i < entry->view_count; i++) {
        if (views[i].shop.value == seen->shop.value &&
            views[i].product.value == seen->product.value && views[i].day == day) {
            views[i].views++;
            return;
        }
    }
    flush->views[flush->view_count++] =
        (struct visit_view){ seen->shop, seen->product, day, 1 };
    entry->views = views;
    entry->view_count++;
}

/* ERR_NONE also when it does not count. */
static enum err
add_seen(struct flush *flush, struct visit_entry *entry, const struct visit_seen *seen)
{
    struct session session;
    bool is_member;
    enum err err;

    if (is_crawler(seen->agent)) {
        return ERR_NONE;
    }
    is_member = read_member(flush, seen, &session); /* waits */
    if (is_member && session.shop.value == seen->shop.value) {
        return ERR_NONE; /* the owner */
    }
    if (seen->is_visit) {
        err = make_visit(flush, seen, is_member ? &session : NULL,
                         &flush->events[flush->event_count]); /* waits */
        if (err != ERR_NONE) {
            return err;
        }
        flush->event_count++;
        entry->event_count++;
    }
    if (seen->product.value != 0) {
        add_view(flush, entry, seen);
    }
    return ERR_NONE;
}

/* Entries of at most EVENTS_PER_ENTRY, a partition each; how many there are. */
static size_t
make_entries(struct flush *flush, const struct visit_batch *batch,
             struct visit_entry *entries)
{
    struct visit_entry *entry = NULL;
    size_t count = 0;

    for (size_t i = 0; i < batch->count; i++) {
        unsigned partition = id_partition(batch->item[i].shop.value);

        if (entry == NULL || entry->partition != partition ||
            entry->event_count == EVENTS_PER_ENTRY) {
            entry = &entries[count++];
            *entry =
                (struct visit_entry){ .partition = partition,
                                      .events = flush->events + flush->event_count };
        }
        if (add_seen(flush, entry, &batch->item[i]) != ERR_NONE) { /* waits */
            metric_add(&flush->at->metrics, METRIC_VISITS_DROPPED, 1);
        }
    }
    return count;
}

/* Without those that came to nothing. */
static size_t
drop_empty(struct visit_entry *entries, size_t count)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        if (entries[i].event_count > 0 || entries[i].view_count > 0) {
            entries[kept++] = entries[i];
        }
    }
    return kept;
}

static void
count_entries(struct flush *flush, const struct visit_entry *entries, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        metric_add(&flush->at->metrics,
                   entries[i].err == ERR_NONE ? METRIC_VISITS : METRIC_VISITS_DROPPED,
                   (int64_t)entries[i].event_count);
    }
}

void
visits_flush(struct server_loop *at, struct visit_batch *batch)
{
    struct arena *arena = arena_new(FLUSH_ARENA_BYTES_MAX);
    struct flush flush = {
        .at = at,
        .arena = arena,
        .events = arena_alloc(arena, batch->count * sizeof(struct event)),
        .views = arena_alloc(arena, batch->count * sizeof(struct visit_view)),
    };
    struct visit_entry *entries =
        arena_alloc(arena, batch->count * sizeof(struct visit_entry));
    size_t count;

    qsort(batch->item, batch->count, sizeof batch->item[0], compare_partitions);
    count = drop_empty(entries, make_entries(&flush, batch, entries)); /* waits */
    if (count > 0) {
        visit_append(at->store, arena, entries, count); /* waits */
        count_entries(&flush, entries, count);
    }
    crypto_wipe(batch->item, batch->count * sizeof batch->item[0]);
    free(batch);
    arena_free(&arena);
}
