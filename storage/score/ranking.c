/* storage/score/ranking.c - pages of places, and finding a shop in them. */
#include "storage/score/ranking.h"

#include "storage/key.h"
#include "storage/redis/call.h"
#include "storage/score/figures.h"
#include "storage/wire.h"

enum { REMOVES_AT_ONCE = 64, REMOVE_ARENA_BYTES = 1 << 20 };

int
place_compare(const struct place *a, const struct place *b)
{
    if (a->z != b->z) {
        return a->z > b->z ? -1 : 1;
    }
    return a->shop.value < b->shop.value ? -1 : a->shop.value > b->shop.value;
}

void
places_encode(const struct place *places, size_t count, struct buf *out)
{
    for (size_t i = 0; i < count; i++) {
        wire_put_double(out, places[i].z);
        wire_put_uint(out, (uint64_t)places[i].shop.value, 8);
    }
}

enum err
places_decode(struct arena *arena, struct str bytes, struct place **places,
              size_t *count)
{
    struct wire wire = { .left = bytes };

    *count = bytes.len / PLACE_BYTES;
    *places = arena_try_alloc(arena, (*count + 1) * sizeof(**places));
    if (*places == NULL || bytes.len % PLACE_BYTES != 0) {
        return ERR_BAD_DATA;
    }
    for (size_t i = 0; i < *count; i++) {
        (*places)[i].z = wire_double(&wire);
        (*places)[i].shop.value = (int64_t)wire_uint(&wire, 8);
    }
    return wire.bad ? ERR_BAD_DATA : ERR_NONE;
}

static void
page_key(struct call *call, int64_t release, int64_t page)
{
    call_keyf(call, KEY_RANKING, id_partition(page), release, (unsigned)page);
}

static void
put_places(struct call *call, const struct place *places, size_t count)
{
    struct buf bytes;

    buf_init(&bytes, count * PLACE_BYTES);
    places_encode(places, count, &bytes);
    call_arg(call, arena_dup(call->arena, buf_str(&bytes)));
    buf_free(&bytes);
}

enum err
ranking_write_pages(struct store *store, struct arena *arena, int64_t release,
                    int64_t page, const struct place *places, size_t count)
{
    size_t pages = (count + RANKING_PAGE - 1) / RANKING_PAGE;
    struct call **calls = arena_alloc(arena, (pages + 1) * sizeof(calls[0]));

    for (size_t i = 0; i < pages; i++) {
        size_t from = i * RANKING_PAGE, left = count - from;

        calls[i] = call_command(arena, "SET");
        page_key(calls[i], release, page + (int64_t)i);
        put_places(calls[i], places + from, left < RANKING_PAGE ? left : RANKING_PAGE);
    }
    return pages > 0 ? call_wait_all(store, calls, pages) : ERR_NONE;
}

enum err
ranking_write_index(struct store *store, struct arena *arena, int64_t release,
                    const struct place *firsts, size_t count)
{
    struct call *call = call_command(arena, "SET");

    call_keyf(call, KEY_RANKING_INDEX, release);
    put_places(call, firsts, count);
    return call_wait(store, call);
}

static enum err
get_places(struct store *store, struct arena *arena, struct call *call,
           struct place **places, size_t *count)
{
    enum err err;

    call_constant(call); /* a release's own: with the next one the pointer changes */
    err = call_wait(store, call);
    return err != ERR_NONE
               ? err
               : places_decode(arena, reply_str(call->reply), places, count);
}

static enum err
read_index(struct store *store, struct arena *arena, int64_t release,
           struct place **firsts, size_t *count)
{
    struct call *call = call_command(arena, "GET");

    call_keyf(call, KEY_RANKING_INDEX, release);
    return get_places(store, arena, call, firsts, count);
}

/* Some pages of a former release, from this one on. */
static enum err
remove_pages(struct store *store, int64_t release, int64_t page, size_t count)
{
    struct arena *arena = arena_new(REMOVE_ARENA_BYTES);
    struct call *calls[REMOVES_AT_ONCE];
    enum err err;

    for (size_t i = 0; i < count; i++) {
        calls[i] = call_command(arena, "UNLINK");
        page_key(calls[i], release, page + (int64_t)i);
    }
    err = call_wait_all(store, calls, count);
    arena_free(&arena);
    return err;
}

enum err
ranking_remove(struct store *store, struct arena *arena, int64_t release)
{
    struct place *firsts = NULL;
    struct call *call;
    size_t pages = 0, some;
    enum err err = read_index(store, arena, release, &firsts, &pages);

    for (size_t i = 0; i < pages && err == ERR_NONE; i += some) {
        some = pages - i < REMOVES_AT_ONCE ? pages - i : (size_t)REMOVES_AT_ONCE;
        err = remove_pages(store, release, (int64_t)i, some);
    }
    if (err == ERR_NONE) {
        call = call_command(arena, "UNLINK");
        call_keyf(call, KEY_RANKING_INDEX, release);
        err = call_wait(store, call);
    }
    return err;
}

/* --- reading ------------------------------------------------------------------------
 */
enum err
ranking_read(struct store *store, struct arena *arena, const struct release *release,
             int64_t from, size_t limit, struct place **places, size_t *count)
{
    *places = arena_alloc(arena, (limit + 1) * sizeof(**places));
    *count = 0;
    while (*count < limit && from < release->places) {
        struct call *call = call_command(arena, "GETRANGE");
        int64_t first = from % RANKING_PAGE;
        int64_t last = first + (int64_t)(limit - *count) - 1;
        struct place *some;
        size_t got;
        enum err err;

        last = last < RANKING_PAGE ? last : RANKING_PAGE - 1;
        page_key(call, release->number, from / RANKING_PAGE);
        call_int(call, first * PLACE_BYTES);
        call_int(call, (last + 1) * PLACE_BYTES - 1);
        err = get_places(store, arena, call, &some, &got);
        if (err != ERR_NONE || got == 0 || got > limit - *count) {
            return err != ERR_NONE ? err : ERR_BAD_DATA;
        }
        memcpy(*places + *count, some, got * sizeof(*some));
        *count += got;
        from += (int64_t)got;
    }
    return ERR_NONE;
}

/* In one page, by number: its first places need not be in order. */
static enum err
find_in_page(struct store *store, struct arena *arena, const struct release *release,
             int64_t page, struct shop_number shop, int64_t *at)
{
    struct place *places;
    size_t count;
    enum err err = ranking_read(store, arena, release, page * RANKING_PAGE,
                                RANKING_PAGE, &places, &count);

    for (size_t i = 0; i < count && err == ERR_NONE && *at < 0; i++) {
        if (places[i].shop.value == shop.value) {
            *at = page * RANKING_PAGE + (int64_t)i;
        }
    }
    return err;
}

enum err
ranking_find(struct store *store, struct arena *arena, const struct release *release,
             const struct place *place, int64_t *at)
{
    struct place *firsts = NULL;
    size_t pages = 0, page = 0;
    enum err err;

    *at = -1;
    if (release->places == 0 || place->z <= 0.0) {
        return ERR_NONE;
    }
    err = read_index(store, arena, release->number, &firsts, &pages);
    while (err == ERR_NONE && page + 1 < pages &&
           place_compare(&firsts[page + 1], place) <= 0) {
        page++;
    }
    if (err == ERR_NONE) {
        err = find_in_page(store, arena, release, (int64_t)page, place->shop, at);
    }
    /* Who is listed at the top may stand before its place by z. */
    if (err == ERR_NONE && *at < 0 && page > 0) {
        err = find_in_page(store, arena, release, 0, place->shop, at);
    }
    return err;
}
