/* server/page/rank.c - the board: the first places of the release that everybody sees. */
#include "proto/policy.h"
#include "server/page/view.h"

/* /rank */
enum err
page_rank(struct request *req)
{
    struct view view = page_view(req);
    struct board board;
    enum err err = board_top(req, 0, (size_t)req->policy->board.size, &board);

    return err == ERR_NONE ? page_reply(req, 200, "rank", view_rank(&view, &board))
                           : err;
}
