/* scoring/rows.h - the shops that the worker has in memory, within a limit.
 *
 * By partition, so that a partition whose position moved under us can be forgotten
 * whole. Memory is given back between batches only: pointers hold as long as their
 * partition is busy.
 */
#ifndef SCORING_ROWS_H
#define SCORING_ROWS_H

#include "scoring/shop.h"

struct rows;

struct rows *rows_new(size_t bytes_max);
void rows_free(struct rows **rows);

struct scored_shop *rows_find(const struct rows *rows, struct shop_number shop);
/* Room for one that is not there; the caller does shop_init(). */
struct scored_shop *rows_add(struct rows *rows, struct shop_number shop);
/* After its size has changed. */
void rows_account(struct rows *rows, struct scored_shop *shop);
void rows_forget(struct rows *rows, unsigned partition);
/* While a partition is busy nothing of it is given back. */
void rows_busy(struct rows *rows, unsigned partition, bool busy);
/* Gives back what was longest unused until the limit holds again. */
void rows_trim(struct rows *rows);
size_t rows_bytes(const struct rows *rows);

#endif
