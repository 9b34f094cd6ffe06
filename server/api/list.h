/* server/api/list.h - lists whose items have rising numbers, newest first, in pages. */
#ifndef SERVER_API_LIST_H
#define SERVER_API_LIST_H

#include "server/request.h"

enum { LIST_LIMIT_MAX = 100, LIST_LIMIT = 50 };

struct list_page {
    int64_t
        before; /* the cursor: only items with a smaller number; 0: from the newest */
    size_t limit;
};

/* ?limit= and ?cursor=, and no other parameter. */
enum err list_read(struct request *req, struct list_page *page);
/* {"items": [...], "next_cursor": ...}. `items` is stolen; `last` is the number of its
 * last item, 0 when nothing can follow. */
enum err list_reply(struct request *req, json_t *items, int64_t last);

#endif
