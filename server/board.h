/* server/board.h - boards as people see them: places of one release with their names.
 *
 * Made of released values only, so that all who look see the same until the next release.
 *
 * Waits       Every function here.
 * Ownership   Results lie in the request's arena.
 */
#ifndef SERVER_BOARD_H
#define SERVER_BOARD_H

#include "server/request.h"
#include "storage/score/figures.h"

enum { BOARD_MAX = 300 };

struct board_item {
    int64_t rank; /* 1 is the first */
    struct shop_number number;
    struct str nickname;
    int64_t influence; /* points as of the release */
};

struct board {
    struct release release; /* number 0: there was none yet, and no items */
    int64_t next_release_at_ms;
    struct board_item *items;
    size_t count;
};

/* Up to `limit` places behind the first `from`, of those that the policy's board has. */
enum err board_top(struct request *req, int64_t from, size_t limit,
                   struct board *board);
/* The caller and the caller's friends (the shops followed, for one without a shop);
 * ranks count among them. */
enum err board_friends(struct request *req, struct board *board);
/* The place of a shop, *at counted from 0 and -1 for none, and what stands within two
 * places of it. */
enum err board_around(struct request *req, struct shop_number shop, int64_t *at,
                      struct board *board);
/* No items: the release alone. */
enum err board_release(struct request *req, struct board *board);

#endif
