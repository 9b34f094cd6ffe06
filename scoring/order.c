/* scoring/order.c - very many shops put into the order of boards.
 *
 * The leading 16 bits of all entries are counted; neighbouring values make a bucket until
 * it holds BUCKET_ENTRIES, and every entry is copied to its bucket. What is in a bucket
 * fits a core's cache: it is spread by the next 16 bits, which leaves hardly more than one
 * entry a place, and what still shares a place is sorted by comparing. So each entry moves
 * twice, however many there are. Slices of the entries, and later buckets, are taken by
 * the threads of the pool. */
#include "scoring/order.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/task.h"
#include "base/xmalloc.h"

enum {
    DIGITS = 1 << 16,
    BUCKET_ENTRIES = 1 << 15,
    INSERT_MAX = 24, /* as many are sorted by insertion */
    THREADS_MAX = 16,
    SLICE_MIN = 1 << 16,
    NICE = 10 /* of the pool's threads: whoever serves goes first */
};

/* --- one entry ---------------------------------------------------------------------------- */

/* Ascending keys are descending z, also for what no score is. */
static uint64_t
key_of(const struct part_entry *entry)
{
    uint64_t bits;

    memcpy(&bits, &entry->place.z, sizeof(bits));
    return bits >> 63 ? bits : bits ^ (UINT64_MAX >> 1);
}

static bool
stands_before(const struct part_entry *a, const struct part_entry *b)
{
    uint64_t x = key_of(a), y = key_of(b);

    return x < y || (x == y && a->place.shop.value < b->place.shop.value);
}

static int
by_place(const void *left, const void *right)
{
    return stands_before(left, right) ? -1 : stands_before(right, left);
}

/* --- one bucket --------------------------------------------------------------------------- */

static void
insert_all(struct part_entry *entries, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct part_entry entry = entries[i];
        size_t at = i;

        for (; at > 0 && stands_before(&entry, &entries[at - 1]); at--) {
            entries[at] = entries[at - 1];
        }
        entries[at] = entry;
    }
}

static void
sort_few(struct part_entry *entries, size_t count)
{
    if (count <= INSERT_MAX) {
        insert_all(entries, count);
    } else {
        qsort(entries, count, sizeof(entries[0]), by_place);
    }
}

/* The 16 bits behind the leading ones that all of them share. */
static int
shift_of(const struct part_entry *entries, size_t count)
{
    uint64_t first = key_of(&entries[0]), differ = 1;
    int shift = 0;

    for (size_t i = 1; i < count; i++) {
        differ |= key_of(&entries[i]) ^ first;
    }
    while (differ >> shift >= DIGITS) {
        shift++;
    }
    return shift;
}

/* From `entries`, which are lost, into `into`. `ends` has room for DIGITS. */
static void
sort_bucket(struct part_entry *entries, struct part_entry *into, size_t count,
            uint32_t *ends)
{
    int shift = count > 0 ? shift_of(entries, count) : 0;
    uint32_t sum = 0, from = 0;

    memset(ends, 0, DIGITS * sizeof(ends[0]));
    for (size_t i = 0; i < count; i++) {
        ends[key_of(&entries[i]) >> shift & (DIGITS - 1)]++;
    }
    for (size_t i = 0; i < DIGITS; i++) {
        uint32_t digits = ends[i];

        ends[i] = sum;
        sum += digits;
    }
    for (size_t i = 0; i < count; i++) {
        into[ends[key_of(&entries[i]) >> shift & (DIGITS - 1)]++] = entries[i];
    }
    for (size_t i = 0; i < DIGITS && from < count; i++) {
        if (ends[i] - from > 1) {
            sort_few(into + from, ends[i] - from);
        }
        from = ends[i];
    }
}

void
order_entries_now(struct part_entry *entries, size_t count)
{
    struct part_entry *copy;
    uint32_t *ends;

    if (count <= INSERT_MAX) {
        sort_few(entries, count);
        return;
    }
    copy = xcalloc(count, sizeof(copy[0]));
    ends = xcalloc(DIGITS, sizeof(ends[0]));
    memcpy(copy, entries, count * sizeof(copy[0]));
    sort_bucket(copy, entries, count, ends);
    free(ends);
    free(copy);
}

/* --- all: what threads share --------------------------------------------------------------- */

struct ordering {
    struct part_entry *entries, *room;
    size_t count;
    size_t threads;
    uint16_t *bucket; /* of each digit */
    size_t *begins;   /* of each bucket; one more: the end */
    size_t buckets;
    uint32_t *digits[THREADS_MAX]; /* of each slice: how many have it */
    size_t *at[THREADS_MAX];       /* where its next entry of a bucket goes */
    atomic_size_t next_bucket;
};

struct slice {
    struct ordering *ordering;
    size_t number;
    void (*work)(struct slice *slice);
    struct waits *ended;
    size_t *running;
};

static size_t
slice_begins(const struct ordering *ordering, size_t number)
{
    return ordering->count / ordering->threads * number +
           (number == ordering->threads ? ordering->count % ordering->threads : 0);
}

static void
count_digits(struct slice *slice)
{
    struct ordering *ordering = slice->ordering;
    uint32_t *digits = ordering->digits[slice->number];
    size_t end = slice_begins(ordering, slice->number + 1);

    for (size_t i = slice_begins(ordering, slice->number); i < end; i++) {
        digits[key_of(&ordering->entries[i]) >> 48]++;
    }
}

static void
spread(struct slice *slice)
{
    struct ordering *ordering = slice->ordering;
    size_t *at = ordering->at[slice->number];
    size_t end = slice_begins(ordering, slice->number + 1);

    for (size_t i = slice_begins(ordering, slice->number); i < end; i++) {
        const struct part_entry *entry = &ordering->entries[i];

        ordering->room[at[ordering->bucket[key_of(entry) >> 48]]++] = *entry;
    }
}

static void
sort_buckets(struct slice *slice)
{
    struct ordering *ordering = slice->ordering;
    uint32_t *ends = ordering->digits[slice->number];
    size_t i;

    while ((i = atomic_fetch_add(&ordering->next_bucket, 1)) < ordering->buckets) {
        size_t from = ordering->begins[i], end = ordering->begins[i + 1];

        if (from < end) { /* without any entries there is nothing to point into */
            sort_bucket(ordering->room + from, ordering->entries + from, end - from,
                        ends);
        }
    }
}

/* --- all: the pool ---------------------------------------------------------------------- */

static void
work_slice(void *arg)
{
    struct slice *slice = arg;

    setpriority(PRIO_PROCESS, (id_t)gettid(), NICE);
    slice->work(slice);
}

static void
run_slice(void *arg)
{
    struct slice *slice = arg;

    if (!task_offload(work_slice, slice)) {
        slice->work(slice);
    }
    --*slice->running;
    waits_end(slice->ended);
}

/* Does this work with all slices, and waits for them. */
static void
run_all(struct ordering *ordering, void (*work)(struct slice *slice))
{
    struct waits ended = WAITS_INIT;
    struct slice slices[THREADS_MAX];
    size_t running = 0;

    for (size_t i = 0; i < ordering->threads; i++) {
        slices[i] = (struct slice){ ordering, i, work, &ended, &running };
        running++;
        if (!task_start(task_loop(), run_slice, &slices[i])) {
            run_slice(&slices[i]);
        }
    }
    while (running > 0) {
        waits_join(&ended, INT64_MAX);
    }
}

/* Giving back so much memory takes the kernel a while. */
static void
free_room(void *arg)
{
    free(arg);
}

/* --- all: the order --------------------------------------------------------------------- */

/* Digits into buckets; then where each slice's entries of each bucket go. */
static void
lay_out(struct ordering *ordering)
{
    size_t in_bucket = 0, bucket = 0;

    for (size_t digit = 0; digit < DIGITS; digit++) {
        size_t of_digit = 0;

        for (size_t i = 0; i < ordering->threads; i++) {
            of_digit += ordering->digits[i][digit];
        }
        if (in_bucket > 0 && in_bucket + of_digit > BUCKET_ENTRIES) {
            bucket++;
            in_bucket = 0;
        }
        ordering->bucket[digit] = (uint16_t)bucket;
        in_bucket += of_digit;
        for (size_t i = 0; i < ordering->threads; i++) {
            ordering->at[i][bucket] += ordering->digits[i][digit];
        }
    }
    ordering->buckets = bucket + 1;
    for (size_t i = 0, sum = 0; i <= bucket; i++) {
        ordering->begins[i] = sum;
        for (size_t k = 0; k < ordering->threads; k++) {
            size_t of_slice = ordering->at[k][i];

            ordering->at[k][i] = sum;
            sum += of_slice;
        }
        ordering->begins[i + 1] = sum;
    }
}

static size_t
threads_for(size_t count)
{
    size_t threads = uv_available_parallelism();

    threads = threads < THREADS_MAX ? threads : (size_t)THREADS_MAX;
    return count / SLICE_MIN < threads ? count / SLICE_MIN + 1 : threads;
}

void
order_entries(struct part_entry *entries, size_t count)
{
    struct ordering ordering = {
        .entries = entries,
        .room = xcalloc(count + 1, sizeof(entries[0])),
        .count = count,
        .threads = threads_for(count),
        .bucket = xcalloc(DIGITS, sizeof(ordering.bucket[0])),
        .begins = xcalloc(DIGITS + 1, sizeof(ordering.begins[0])),
    };

    for (size_t i = 0; i < ordering.threads; i++) {
        ordering.digits[i] = xcalloc(DIGITS, sizeof(ordering.digits[i][0]));
        ordering.at[i] = xcalloc(DIGITS, sizeof(ordering.at[i][0]));
    }
    run_all(&ordering, count_digits);
    lay_out(&ordering);
    run_all(&ordering, spread);
    run_all(&ordering, sort_buckets);
    for (size_t i = 0; i < ordering.threads; i++) {
        free(ordering.digits[i]);
        free(ordering.at[i]);
    }
    free(ordering.begins);
    free(ordering.bucket);
    if (!task_offload(free_room, ordering.room)) {
        free_room(ordering.room);
    }
}
