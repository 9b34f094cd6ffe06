/* server/kept.h - public answers from the page cache, and into it; and visits noted.
 *
 * Nothing here waits: a hit is parse, look up, note the visit, write.
 */
#ifndef SERVER_KEPT_H
#define SERVER_KEPT_H

#include "server/http/turn.h"
#include "server/loop/page_cache.h"

struct conn;

/* An answer that is kept; valid until the loop goes on. */
struct kept_answer {
    const struct page *page;
    const struct page_form *form;
    bool not_modified;
};

/* Finds it, and notes the visit that it is. */
bool kept_find(struct front *front, const struct conn *net,
               const struct http_head *head, struct kept_answer *answer);
/* It was sent: the log and the counters. */
void kept_told(struct front *front, const struct kept_answer *answer,
               const struct http_head *head, const char *id, int64_t bytes);

/* In the task, around the handler: NULL where an answer cannot be kept anyway. */
struct cache_record *kept_begin(struct turn *turn);
/* Keeps the rendered answer, when it may be, and notes the visit. */
void kept_end(struct turn *turn, struct cache_record *record);

#endif
