/* storage/score/ranking.h - the order that a release published.
 *
 * ranking:{s}:E:PAGE are strings of RANKING_PAGE places, page k in partition k mod 256;
 * ranking_index:{g}:E holds the first place of each page. Places from `top` on descend by
 * z, ties by the smaller number; the first `top` are those that may be listed there
 * (SCORING.md 9), in the same order among themselves. They never change once written.
 *
 * Waits       Every function that takes the store.
 */
#ifndef STORAGE_SCORE_RANKING_H
#define STORAGE_SCORE_RANKING_H

#include "base/arena.h"
#include "base/buf.h"
#include "proto/err.h"
#include "proto/ids.h"

struct store;
struct release;

enum { RANKING_PAGE = 1000, RANKING_TOP_MAX = 1000, PLACE_BYTES = 16 };

struct place {
    double z;
    struct shop_number shop;
};

/* <0 when a stands before b. */
int place_compare(const struct place *a, const struct place *b);
void places_encode(const struct place *places, size_t count, struct buf *out);
/* In the arena; ERR_BAD_DATA. */
enum err places_decode(struct arena *arena, struct str bytes, struct place **places,
                       size_t *count);

/* Writes pages one after the other, the first of which is `page`, RANKING_PAGE places in
 * each but the last; or the index. Again with the same content is allowed. */
enum err ranking_write_pages(struct store *store, struct arena *arena, int64_t release,
                             int64_t page, const struct place *places, size_t count);
enum err ranking_write_index(struct store *store, struct arena *arena, int64_t release,
                             const struct place *firsts, size_t count);
/* Takes away all pages of a former release. */
enum err ranking_remove(struct store *store, struct arena *arena, int64_t release);

/* Up to `limit` places from `from` (0 is the first) on; fewer at the end. */
enum err ranking_read(struct store *store, struct arena *arena,
                      const struct release *release, int64_t from, size_t limit,
                      struct place **places, size_t *count);
/* Where this shop stands; -1 when it does not. */
enum err ranking_find(struct store *store, struct arena *arena,
                      const struct release *release, const struct place *place,
                      int64_t *at);

#endif
