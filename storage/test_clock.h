/* storage/test_clock.h - the offset by which tests move every clock of Xiaopu together.
 *
 * Kept in the store so that all processes take it over (API.md, Off the public
 * listener); exists only where --test-clock was given.
 *
 * Waits       Both functions wait for the store.
 */
#ifndef STORAGE_TEST_CLOCK_H
#define STORAGE_TEST_CLOCK_H

#include "base/arena.h"
#include "proto/err.h"

struct store;

enum err test_clock_read(struct store *store, struct arena *arena, int64_t *offset_ms);
/* The offset as it is afterwards. */
enum err test_clock_advance(struct store *store, struct arena *arena, int64_t by_ms,
                            int64_t *offset_ms);

#endif
