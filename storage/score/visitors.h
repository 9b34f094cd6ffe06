/* storage/score/visitors.h - a shop's visitor records of one period.
 *
 * The oldest lie in chunks of VISITORS_PER_CHUNK in visits:{s}:PERIOD, which are never
 * rewritten once they are full; the newest, of the newest period, in the shop's row. A
 * record is kept only when it says something new. What counts of them all is
 * proto/score/visit.h's.
 */
#ifndef STORAGE_SCORE_VISITORS_H
#define STORAGE_SCORE_VISITORS_H

#include "base/buf.h"
#include "proto/err.h"
#include "proto/score/visit.h"

enum { VISITORS_PER_CHUNK = 47, VISITOR_BYTES = 8 };

struct visitor_list {
    int32_t period;
    struct visitor *visitor;
    size_t count;
    size_t room;
    size_t stored;   /* the first so many lie in chunks */
    bool complete;   /* false: chunks may exist that were not read */
    uint32_t *index; /* by visitor and day; NULL while the list is short */
    size_t index_room;
};

void visitor_list_init(struct visitor_list *list, int32_t period);
void visitor_list_free(struct visitor_list *list);

/* False, and nothing is kept, when the list says as much already. The list must be
 * complete (asserted). */
bool visitor_list_tell(struct visitor_list *list, struct visitor visitor);

/* Adds packed records behind the others. ERR_BAD_DATA adds none. */
enum err visitor_list_read(struct visitor_list *list, struct str bytes);
/* Adds the next chunk, in their order, before what no chunk holds; *full when another
 * may follow. */
enum err visitor_list_read_chunk(struct visitor_list *list, struct str bytes,
                                 bool *full);

/* Packs the records from one to, without, another, by their index. */
void visitor_list_encode(const struct visitor_list *list, size_t from, size_t end,
                         struct buf *out);

#endif
