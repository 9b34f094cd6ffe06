/* server/released.c - see the header. */
#include "server/released.h"

#include "server/board.h"
#include "storage/score/ranking.h"

enum err
released_shop(struct request *req, struct shop_number shop, struct released *released)
{
    struct board now;
    struct figures figures;
    struct place place = { .shop = shop };
    int64_t at = -1;
    enum err err;

    *released = (struct released){ 0 };
    if ((err = board_release(req, &now)) != ERR_NONE || now.release.number == 0 ||
        (err = figures_read(req->store, req->arena, now.release.number, shop,
                            &figures)) != ERR_NONE ||
        figures_influence(&figures, &now.release) <= 0) {
        return err;
    }
    place.z = figures.z;
    err = figures.on_boards
              ? ranking_find(req->store, req->arena, &now.release, &place, &at)
              : ERR_NONE;
    *released = (struct released){
        .known = true,
        .influence = figures_influence(&figures, &now.release),
        .rank = at + 1,
        .counted_sales_fen = figures.sales_shown_fen,
        .visits = figures.visits_shown,
        .as_of_ms = now.release.as_of_ms,
        .next_release_at_ms = now.next_release_at_ms,
    };
    return err;
}
