/* server/board.c - see the header. */
#include "server/board.h"

#include <stdlib.h>

#include "proto/policy.h"
#include "proto/score/params.h"
#include "proto/score/release.h"
#include "proto/time.h"
#include "storage/score/ranking.h"
#include "storage/shop/following.h"
#include "storage/shop/shop.h"

enum { AROUND = 2 };

static int64_t
next_release_ms(const struct request *req, const struct release *release)
{
    struct score_policy policy;
    int64_t after_ms = release->number > 0 ? release->as_of_ms : req->now_ms;

    score_policy_of(req->policy, &policy);
    return release_next_s(after_ms / 1000, &policy.release) * 1000;
}

enum err
board_release(struct request *req, struct board *board)
{
    enum err err = release_read(req->store, req->arena, true, &board->release);

    board->items = NULL;
    board->count = 0;
    board->next_release_at_ms = next_release_ms(req, &board->release);
    return err;
}

/* Names and points of places that stand in order, the first of them at `from`. */
static enum err
fill(struct request *req, struct board *board, const struct place *places, size_t count,
     int64_t from)
{
    struct half_life half = half_life(board->release.measure.half_life_days, LANDMARK);
    int32_t day = time_day(board->release.as_of_ms / 1000);
    struct shop_number *numbers =
        arena_alloc(req->arena, (count + 1) * sizeof(*numbers));
    struct str *names = arena_alloc(req->arena, (count + 1) * sizeof(*names));
    enum err err;

    for (size_t i = 0; i < count; i++) {
        numbers[i] = places[i].shop;
    }
    err = shop_nicknames(req->store, req->arena, numbers, count, names);
    if (err != ERR_NONE) {
        return err;
    }
    board->items = arena_alloc(req->arena, (count + 1) * sizeof(*board->items));
    board->count = count;
    for (size_t i = 0; i < count; i++) {
        board->items[i] = (struct board_item){
            .rank = from + (int64_t)i + 1,
            .number = numbers[i],
            .nickname = names[i],
            .influence = influence_points(places[i].z, day, &half),
        };
    }
    return ERR_NONE;
}

enum err
board_top(struct request *req, int64_t from, size_t limit, struct board *board)
{
    int64_t size = req->policy->board.size;
    struct place *places;
    size_t count;
    enum err err = board_release(req, board);

    if (err != ERR_NONE || from >= size || board->release.number == 0) {
        return err;
    }
    limit = (int64_t)limit < size - from ? limit : (size_t)(size - from);
    err = ranking_read(req->store, req->arena, &board->release, from, limit, &places,
                       &count);
    return err == ERR_NONE ? fill(req, board, places, count, from) : err;
}

/* --- friends ------------------------------------------------------------------------
 */
static enum err
read_friends(struct request *req, struct shop_list *friends)
{
    struct shop_number own = req->caller.shop;
    struct shop_list following, found;
    enum err err =
        following_read(req->store, req->arena, req->caller.member, &following);

    if (err != ERR_NONE || own.value == 0) {
        *friends = following;
        return err;
    }
    err = following_friends(req->store, req->arena, own, &following, &found);
    if (err == ERR_NONE) {
        friends->number =
            arena_alloc(req->arena, (found.count + 1) * sizeof(*friends->number));
        memcpy(friends->number, found.number, found.count * sizeof(*found.number));
        friends->number[found.count] = own;
        friends->count = found.count + 1;
    }
    return err;
}

static int
compare(const void *a, const void *b)
{
    return place_compare(a, b);
}

/* Those of them that have a public score and want places, in order. */
static enum err
rank_shops(struct request *req, const struct release *release,
           const struct shop_list *shops, struct place **places, size_t *count)
{
    struct figures *figures =
        arena_alloc(req->arena, (shops->count + 1) * sizeof(*figures));
    enum err err = figures_read_many(req->store, req->arena, release->number,
                                     shops->number, shops->count, figures);

    *count = 0;
    *places = arena_alloc(req->arena, (shops->count + 1) * sizeof(**places));
    for (size_t i = 0; i < shops->count && err == ERR_NONE; i++) {
        if (figures[i].release != 0 && figures[i].z > 0.0 && figures[i].on_boards) {
            (*places)[(*count)++] = (struct place){ figures[i].z, shops->number[i] };
        }
    }
    qsort(*places, *count, sizeof(**places), compare);
    return err;
}

enum err
board_friends(struct request *req, struct board *board)
{
    struct shop_list friends;
    struct place *places;
    size_t count;
    enum err err;

    if ((err = board_release(req, board)) != ERR_NONE || board->release.number == 0 ||
        (err = read_friends(req, &friends)) != ERR_NONE ||
        (err = rank_shops(req, &board->release, &friends, &places, &count)) !=
            ERR_NONE) {
        return err;
    }
    return fill(req, board, places, count, 0);
}

/* --- around one shop ----------------------------------------------------------------
 */
enum err
board_around(struct request *req, struct shop_number shop, int64_t *at,
             struct board *board)
{
    struct place place = { .shop = shop }, *places;
    struct figures figures;
    int64_t from;
    size_t count;
    enum err err;

    *at = -1;
    if ((err = board_release(req, board)) != ERR_NONE || board->release.number == 0 ||
        (err = figures_read(req->store, req->arena, board->release.number, shop,
                            &figures)) != ERR_NONE) {
        return err;
    }
    place.z = figures.z;
    err = ranking_find(req->store, req->arena, &board->release, &place, at);
    if (err != ERR_NONE || *at < 0) {
        return err;
    }
    from = *at > AROUND ? *at - AROUND : 0;
    err = ranking_read(req->store, req->arena, &board->release, from,
                       (size_t)(*at - from) + AROUND + 1, &places, &count);
    return err == ERR_NONE ? fill(req, board, places, count, from) : err;
}
