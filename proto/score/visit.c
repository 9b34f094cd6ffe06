/* proto/score/visit.c - which visitors of a period count, and for how much. */
#include "proto/score/visit.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "proto/score/influence.h"

enum { INSERTED_MAX = 48, MOVES_EACH = 4, DIGIT_BITS = 8, DIGITS = 1 << DIGIT_BITS };
enum { WHO_BITS = 40, NET_BITS = 16, CLASS_BITS = 2 };

#define LOW(bits) ((UINT64_C(1) << (bits)) - 1)

/* --- order ------------------------------------------------------------------------------- */
/* A shop's visitors of a period are put in order whenever one more is told of, so a
 * record is made one number, and numbers are sorted: by a fifth of qsort's time. */

/* By visitor and day, the best of repeats first. */
static uint64_t
by_visitor(const struct visitor *record)
{
    uint64_t key = record->who << (64 - WHO_BITS - 1) | (uint64_t)record->day << 18;

    assert(record->who <= LOW(WHO_BITS) && record->day < PERIOD_DAYS &&
           record->visitor_class <= LOW(CLASS_BITS));
    return key | (LOW(CLASS_BITS) - record->visitor_class) << NET_BITS | record->net;
}

static struct visitor
from_visitor(uint64_t key)
{
    return (struct visitor){
        key >> (64 - WHO_BITS - 1), (uint16_t)(key & LOW(NET_BITS)),
        (uint8_t)(key >> 18 & LOW(5)),
        (uint8_t)(LOW(CLASS_BITS) - (key >> NET_BITS & LOW(CLASS_BITS)))
    };
}

/* Those of one day and net together, the smallest pseudonym first. */
static uint64_t
by_net(const struct visitor *record)
{
    uint64_t key = (uint64_t)record->day << 58 | (uint64_t)record->net << 42;

    return key | record->who << CLASS_BITS | record->visitor_class;
}

static struct visitor
from_net(uint64_t key)
{
    return (struct visitor){ key >> CLASS_BITS & LOW(WHO_BITS),
                             (uint16_t)(key >> 42 & LOW(NET_BITS)),
                             (uint8_t)(key >> 58), (uint8_t)(key & LOW(CLASS_BITS)) };
}

/* False, and some of them are in order only, when more than moves_max had to be moved. */
static bool
insert_all(uint64_t *keys, size_t count, size_t moves_max)
{
    for (size_t i = 1; i < count; i++) {
        uint64_t key = keys[i];
        size_t at = i;

        for (; at > 0 && keys[at - 1] > key; at--) {
            keys[at] = keys[at - 1];
        }
        keys[at] = key;
        if (i - at > moves_max) {
            return false;
        }
        moves_max -= i - at;
    }
    return true;
}

/* Into `out` by one digit; false, and nothing is done, when all have the same. */
static bool
sort_digit(const uint64_t *keys, size_t count, int shift, uint64_t *out)
{
    uint32_t begins[DIGITS] = { 0 }, sum = 0;

    for (size_t i = 0; i < count; i++) {
        begins[keys[i] >> shift & (DIGITS - 1)]++;
    }
    if (begins[keys[0] >> shift & (DIGITS - 1)] == count) {
        return false;
    }
    for (size_t digit = 0; digit < DIGITS; digit++) {
        uint32_t held = begins[digit];

        begins[digit] = sum;
        sum += held;
    }
    for (size_t i = 0; i < count; i++) {
        out[begins[keys[i] >> shift & (DIGITS - 1)]++] = keys[i];
    }
    return true;
}

/* By the bits from `shift` on. */
static void
sort_digits(uint64_t **keys, size_t count, int shift, uint64_t **room)
{
    for (; shift < 64; shift += DIGIT_BITS) {
        if (sort_digit(*keys, count, shift, *room)) {
            uint64_t *held = *keys;

            *keys = *room;
            *room = held;
        }
    }
}

/* `keys` has room for twice as many; gives where in it the sorted ones lie. Pseudonyms
 * differ in their first bits, so after three digits hardly any are out of place; when
 * somebody made them so that they do not, all digits are gone through. */
static uint64_t *
sort_keys(uint64_t *keys, size_t count)
{
    uint64_t *room = keys + count;

    if (count <= INSERTED_MAX) {
        insert_all(keys, count, SIZE_MAX);
        return keys;
    }
    sort_digits(&keys, count, 64 - 3 * DIGIT_BITS, &room);
    if (!insert_all(keys, count, MOVES_EACH * count)) {
        sort_digits(&keys, count, 0, &room);
    }
    return keys;
}

typedef uint64_t key_fn(const struct visitor *record);
typedef struct visitor record_fn(uint64_t key);

static inline void
sort(struct visitor *records, size_t count, uint64_t *room, key_fn *to_key,
     record_fn *to_record)
{
    const uint64_t *sorted;

    for (size_t i = 0; i < count; i++) {
        room[i] = to_key(&records[i]);
    }
    sorted = sort_keys(room, count);
    for (size_t i = 0; i < count; i++) {
        records[i] = to_record(sorted[i]);
    }
}

/* --- rules ------------------------------------------------------------------------------- */

/* One record a visitor and day, the smallest pseudonyms of each day: rule 1. */
static size_t
keep_smallest(struct visitor *records, size_t count, struct visit_days *days)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        struct visitor record = records[i];

        if (kept > 0 && records[kept - 1].who == record.who &&
            records[kept - 1].day == record.day) {
            continue;
        }
        if (days->visitors[record.day] == VISITORS_PER_DAY_MAX) {
            continue;
        }
        days->visitors[record.day]++;
        records[kept++] = record;
    }
    return kept;
}

/* Copies what rule 2 leaves of sorted records. */
static size_t
lowest_days(const struct visitor *records, size_t count, int32_t days_max,
            struct visitor *out)
{
    int32_t days = 0;
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        days = i > 0 && records[i - 1].who == records[i].who ? days + 1 : 1;
        if (days <= days_max) {
            out[kept++] = records[i];
        }
    }
    return kept;
}

/* May rule 3 take some away? Seldom; else they need not be sorted by net. Nets and days
 * that fall together in `room` count as one, which errs on the safe side. Who is verified
 * has no net, 0, and always counts. */
static bool
may_crowd(const struct visitor *records, size_t count, int32_t in_net_max,
          uint64_t *room)
{
    int bits = 3; /* up to 16 bytes for each record, which is all the room */
    uint8_t *seen = (uint8_t *)room;

    while (bits < 31 && (size_t)2 << bits <= 16 * count) {
        bits++;
    }
    memset(seen, 0, (size_t)1 << bits);
    for (size_t i = 0; i < count; i++) {
        uint32_t key = (uint32_t)records[i].day << NET_BITS | records[i].net;
        uint8_t *in_net = &seen[key * UINT32_C(0x9e3779b1) >> (32 - bits)];

        if (records[i].net == 0 && records[i].visitor_class == VISITOR_VERIFIED) {
            continue;
        }
        if (records[i].net == 0 || *in_net == UINT8_MAX || ++*in_net > in_net_max) {
            return true;
        }
    }
    return false;
}

/* Adds up what rule 3 leaves of records, sorted by net when it may take some. */
static void
add_weights(const struct visitor *records, size_t count, bool crowd,
            const struct score_params *params, struct visit_days *days)
{
    int32_t in_net = 0;

    for (size_t i = 0; i < count; i++) {
        const struct visitor *record = &records[i];
        bool same = crowd && i > 0 && records[i - 1].day == record->day &&
                    records[i - 1].net == record->net;

        in_net = same ? in_net + 1 : 1;
        if (record->visitor_class == VISITOR_VERIFIED ||
            in_net <= params->anonymous_per_net_max) {
            days->milli[record->day] += params->visitor_weight[record->visitor_class];
        }
    }
    for (int day = 0; day < PERIOD_DAYS; day++) {
        days->milli[day] -= days->milli[day] % SCORE_VISIT_MILLI;
    }
}

size_t
visit_weigh(struct visitor *records, size_t count, const struct score_params *params,
            struct visit_days *days)
{
    struct visitor *counted;
    uint64_t *room;
    size_t left;
    bool crowd;

    *days = (struct visit_days){ 0 };
    if (count == 0) {
        return 0;
    }
    room = xmalloc(2 * count * sizeof(room[0]));
    sort(records, count, room, by_visitor, from_visitor);
    count = keep_smallest(records, count, days);
    counted = xmalloc(count * sizeof(counted[0]));
    left = lowest_days(records, count, params->visitor_days_max, counted);
    crowd = may_crowd(counted, left, params->anonymous_per_net_max, room);
    if (crowd) {
        sort(counted, left, room, by_net, from_net);
    }
    add_weights(counted, left, crowd, params, days);
    free(counted);
    free(room);
    return count;
}
