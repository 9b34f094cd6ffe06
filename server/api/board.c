/* server/api/board.c - boards, the own rank, and which release is shown. */
#include "server/board.h"

#include "proto/policy.h"
#include "server/api/api.h"
#include "server/api/doc.h"

static json_t *
item_doc(const struct board_item *item)
{
    return json_pack("{s:I, s:o, s:o, s:n, s:I}", "rank", (json_int_t)item->rank,
                     "number", doc_id(item->number.value), "nickname",
                     doc_str(item->nickname), "avatar_url", "influence",
                     (json_int_t)item->influence);
}

static json_t *
items_doc(const struct board *board, size_t from, size_t count)
{
    json_t *items = json_array();

    for (size_t i = from; i < from + count; i++) {
        json_array_append_new(items, item_doc(&board->items[i]));
    }
    return items;
}

static json_t *
release_doc(const struct board *board)
{
    bool any = board->release.number > 0;

    return json_pack("{s:o, s:o, s:o}", "release",
                     any ? json_integer(board->release.number) : json_null(), "as_of",
                     any ? doc_time(board->release.as_of_ms) : json_null(),
                     "next_release_at", doc_time(board->next_release_at_ms));
}

/* --- pages of a board ---------------------------------------------------------------
 * A cursor names the release it belongs to: a list is of one release, or it ends with a
 * refusal when that is gone. */
struct board_page {
    int64_t release; /* 0: whichever is shown */
    int64_t from;
    int limit;
};

static enum err
read_page(struct request *req, struct board_page *page)
{
    static const char *const known[] = { "limit", "cursor", NULL };
    struct str cursor, release;
    enum err err = request_query_only(req, known);

    *page = (struct board_page){ .limit = BOARD_MAX };
    if (err == ERR_NONE) {
        err = request_limit(req, BOARD_MAX, BOARD_MAX, &page->limit);
    }
    cursor = request_query(req, "cursor");
    if (err != ERR_NONE || cursor.data == NULL) {
        return err;
    }
    if (!str_split(&cursor, '-', &release) || !str_to_i64(release, &page->release) ||
        !str_to_i64(cursor, &page->from) || page->release < 1 || page->from < 1 ||
        page->from > INT32_MAX) {
        return problem_field(req, "cursor", "is not one that was given out");
    }
    return ERR_NONE;
}

static enum err
reply_board(struct request *req, const struct board_page *page,
            const struct board *board, json_t *items, bool more)
{
    json_t *doc = release_doc(board);
    size_t count = json_array_size(items);

    if (page->release != 0 && page->release != board->release.number) {
        json_decref(doc);
        json_decref(items);
        return problem_field(req, "cursor", "is of a release that is no longer shown");
    }
    json_object_set_new(doc, "items", items);
    json_object_set_new(doc, "next_cursor",
                        more ? json_sprintf("%lld-%lld",
                                            (long long)board->release.number,
                                            (long long)page->from + (long long)count)
                             : json_null());
    return reply_json(req, 200, doc);
}

enum err
api_board_top(struct request *req)
{
    struct board_page page;
    struct board board;
    size_t shown;
    enum err err = read_page(req, &page);

    if (err == ERR_NONE) {
        err = board_top(req, page.from, (size_t)page.limit + 1, &board);
    }
    if (err != ERR_NONE) {
        return err;
    }
    reply_public(req);
    shown = board.count < (size_t)page.limit ? board.count : (size_t)page.limit;
    return reply_board(req, &page, &board, items_doc(&board, 0, shown),
                       board.count > shown);
}

enum err
api_board_friends(struct request *req)
{
    struct board_page page;
    struct board board;
    size_t from, shown;
    enum err err = read_page(req, &page);

    if (err == ERR_NONE) {
        err = board_friends(req, &board);
    }
    if (err != ERR_NONE) {
        return err;
    }
    from = (size_t)page.from < board.count ? (size_t)page.from : board.count;
    shown = board.count - from < (size_t)page.limit ? board.count - from
                                                    : (size_t)page.limit;
    return reply_board(req, &page, &board, items_doc(&board, from, shown),
                       from + shown < board.count);
}

/* --- one shop, one release ----------------------------------------------------------
 */
static const char *
why_no_rank(const struct board *board, const struct figures *figures)
{
    if (board->release.number == 0) {
        return "no_release_yet";
    }
    if (figures->release == 0 || figures->z <= 0.0) {
        return "no_released_figures";
    }
    return "off_boards";
}

static enum err
reply_no_rank(struct request *req, const struct board *board, json_t *doc)
{
    struct figures figures;
    enum err err = figures_read(req->store, req->arena, board->release.number,
                                req->caller.shop, &figures);

    if (err != ERR_NONE) {
        json_decref(doc);
        return err;
    }
    json_object_set_new(doc, "rank", json_null());
    json_object_set_new(doc, "reason", json_string(why_no_rank(board, &figures)));
    json_object_set_new(doc, "influence", json_null());
    json_object_set_new(doc, "neighbours", json_array());
    return reply_json(req, 200, doc);
}

enum err
api_rank(struct request *req)
{
    struct board board;
    int64_t at;
    json_t *doc;
    enum err err = board_around(req, req->caller.shop, &at, &board);

    if (err != ERR_NONE) {
        return err;
    }
    doc = release_doc(&board);
    if (at < 0) {
        return reply_no_rank(req, &board, doc);
    }
    json_object_set_new(doc, "rank", json_integer(at + 1));
    json_object_set_new(doc, "reason", json_null());
    for (size_t i = 0; i < board.count; i++) {
        if (board.items[i].rank == at + 1) {
            json_object_set_new(doc, "influence",
                                json_integer(board.items[i].influence));
        }
    }
    json_object_set_new(doc, "neighbours", items_doc(&board, 0, board.count));
    return reply_json(req, 200, doc);
}

enum err
api_release_current(struct request *req)
{
    struct board board;
    json_t *doc;
    enum err err = board_release(req, &board);

    if (err != ERR_NONE) {
        return err;
    }
    reply_public(req);
    doc = release_doc(&board);
    json_object_set_new(doc, "gate",
                        json_string(policy_gate_name(policy_gate(req->policy))));
    return reply_json(req, 200, doc);
}
