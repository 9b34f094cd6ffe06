/* storage/privacy/pseudonym.h - buyers, visitors and nets without their names.
 *
 *     HMAC-SHA256(key of kind and period, kind 0x00 shop 0x00 period 0x00 person)
 *
 * (SCORING.md 3.2): the same person in two shops or two periods gives two pseudonyms
 * that nobody can bring together. The keys are random, kept in period:{g}, wrapped under
 * the month's wrapping key; visitors and nets share one. A visitors' key goes when its
 * period is over, a buyers' key when no sale of the period can be reported or refunded
 * any more, from the memory of every loop too; then not even we can make or recognise its
 * pseudonyms.
 *
 * Waits       pseudonym_make() at the first use of a period's key on this loop; the
 *             others always.
 * Errors      ERR_BAD_DATA when a stored key cannot be unwrapped, or a store error.
 */
#ifndef STORAGE_PRIVACY_PSEUDONYM_H
#define STORAGE_PRIVACY_PSEUDONYM_H

#include "base/str.h"
#include "proto/err.h"
#include "proto/ids.h"

struct store;

enum pseudonym_kind { PSEUDONYM_BUYER, PSEUDONYM_VISITOR, PSEUDONYM_NET };

enum {
    PERIOD_KEPT_DAYS = 400 + 180, /* a buyers' key, after its period's end */
    PERIOD_KEYS_MAX = 64          /* in a loop's memory */
};

struct pseudonym_of {
    enum pseudonym_kind kind;
    struct shop_number shop;
    int32_t period; /* period_of_day() */
    struct str person;
};

/* Is the time of this kind's key for the period over on this day? Then it is deleted, and
 * no pseudonym may be made any more. */
bool pseudonym_is_over(enum pseudonym_kind kind, int32_t period, int32_t today);

/* The first 8 bytes, big endian; proto/event.h says how many of them an event keeps. */
enum err pseudonym_make(struct store *store, const struct pseudonym_of *of,
                        uint64_t *pseudonym);

/* A day's housekeeping: keys whose time is over by the rules' clock are deleted, the
 * others wrapped anew where another wrapping key is in use by the real one. To be done
 * between keys_add_month() and keys_wipe_old(). */
enum err pseudonym_keep_keys(struct store *store, int32_t today, int64_t real_ms);

#endif
