/* storage/privacy/keys.c - the keys in memory, and their months. */
#include "storage/privacy/keys.h"

#include <assert.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/log.h"
#include "base/rand.h"
#include "base/xmalloc.h"
#include "storage/privacy/keyfile.h"

enum { READ_ANEW_EVERY_MS = 10000, MS_PER_DAY = 86400000 };

struct keys {
    char path[PATH_MAX];
    pthread_mutex_t lock; /* over file.month, file.months and read_at_ms */
    struct keyfile file;
    int64_t read_at_ms; /* monotonic */
};

static uint16_t
month_of(int64_t at_ms)
{
    time_t at_s = (time_t)(at_ms / 1000);
    struct tm utc;

    gmtime_r(&at_s, &utc);
    return (uint16_t)((utc.tm_year - 70) * 12 + utc.tm_mon);
}

static const struct wrapping_key *
newest(const struct keyfile *file)
{
    return &file->month[file->months - 1];
}

/* The newest that everybody has had the time to copy; the oldest when there is none. */
static size_t
in_use(const struct keyfile *file, int64_t now_ms)
{
    size_t at = file->months - 1;

    while (at > 0 && now_ms - file->month[at].made_at_ms <
                         (int64_t)KEY_COPIED_DAYS * MS_PER_DAY) {
        at--;
    }
    return at;
}

static void
add_month(struct keyfile *file, uint16_t month, int64_t made_at_ms)
{
    struct wrapping_key *key = &file->month[file->months++];

    assert(file->months <= KEYFILE_MONTHS_MAX);
    key->month = month;
    key->made_at_ms = made_at_ms;
    rand_bytes(key->key, KEY_BYTES);
}

/* --- open, close --------------------------------------------------------------------
 */
static void
make_file(struct keyfile *file, int64_t now_ms)
{
    uint64_t id = rand_u64();

    *file = (struct keyfile){ .months = 0 };
    encode_hex(str_of(&id, sizeof id), file->id);
    rand_bytes(file->release, KEY_BYTES);
    rand_bytes(file->receipt, KEY_BYTES);
    rand_bytes(file->sealing, KEY_BYTES);
    if (month_of(now_ms) > 0) {
        add_month(file, (uint16_t)(month_of(now_ms) - 1),
                  now_ms - (int64_t)KEY_COPIED_DAYS * MS_PER_DAY);
    }
    add_month(file, month_of(now_ms), now_ms);
}

/* Two that start at once make one file: the second reads what the first has made. */
static bool
read_or_make(const char *path, struct keyfile *file, int64_t make_at_ms,
             const char **why)
{
    enum keyfile_state state = keyfile_read(path, file, why);

    if (state == KEYFILE_ABSENT && make_at_ms != 0) {
        make_file(file, make_at_ms);
        if (keyfile_write(path, file, true, why)) {
            return true;
        }
        state = *why == NULL ? keyfile_read(path, file, why) : KEYFILE_BAD;
    }
    return state == KEYFILE_READ;
}

struct keys *
keys_open(const char *path, int64_t make_at_ms, char *why, size_t why_room)
{
    struct keys *keys = xcalloc(1, sizeof *keys);
    const char *reason;

    snprintf(keys->path, sizeof keys->path, "%s", path);
    if (!read_or_make(path, &keys->file, make_at_ms, &reason)) {
        snprintf(why, why_room, "%s: %s", path, reason);
        crypto_wipe(keys, sizeof *keys);
        free(keys);
        return NULL;
    }
    pthread_mutex_init(&keys->lock, NULL);
    return keys;
}

void
keys_close(struct keys **keys)
{
    if (*keys == NULL) {
        return;
    }
    pthread_mutex_destroy(&(*keys)->lock);
    crypto_wipe(*keys, sizeof **keys);
    free(*keys);
    *keys = NULL;
}

/* --- the file again -----------------------------------------------------------------
 */
static bool
read_same_store(const struct keys *keys, struct keyfile *file, const char **why)
{
    if (keyfile_read(keys->path, file, why) != KEYFILE_READ) {
        return false;
    }
    *why = "the key file is another store's";
    return strcmp(file->id, keys->file.id) == 0;
}

static void
take_months(struct keys *keys, const struct keyfile *file)
{
    pthread_mutex_lock(&keys->lock);
    memcpy(keys->file.month, file->month, sizeof file->month);
    keys->file.months = file->months;
    pthread_mutex_unlock(&keys->lock);
}

bool
keys_read_anew(struct keys *keys)
{
    struct keyfile file;
    const char *why;
    bool good = read_same_store(keys, &file, &why);

    if (good) {
        take_months(keys, &file);
    } else {
        log_error("the key file was not taken over", LOG_S("reason", why));
    }
    crypto_wipe(&file, sizeof file);
    return good;
}

/* --- the lasting keys ---------------------------------------------------------------
 */
const char *
keys_id(const struct keys *keys)
{
    return keys->file.id;
}

const uint8_t *
keys_release(const struct keys *keys)
{
    return keys->file.release;
}

const uint8_t *
keys_receipt(const struct keys *keys)
{
    return keys->file.receipt;
}

const uint8_t *
keys_sealing(const struct keys *keys)
{
    return keys->file.sealing;
}

/* --- wrapping: the month in two bytes, then what was sealed under its key -----------
 */
static pthread_mutex_t *
lock_of(const struct keys *keys)
{
    return (pthread_mutex_t *)(uintptr_t)&keys->lock;
}

static uint16_t
copy_used(const struct keys *keys, int64_t now_ms, uint8_t key[KEY_BYTES])
{
    const struct wrapping_key *used;
    uint16_t month;

    pthread_mutex_lock(lock_of(keys));
    used = &keys->file.month[in_use(&keys->file, now_ms)];
    memcpy(key, used->key, KEY_BYTES);
    month = used->month;
    pthread_mutex_unlock(lock_of(keys));
    return month;
}

static bool
copy_month(const struct keys *keys, uint16_t month, uint8_t key[KEY_BYTES])
{
    bool found = false;

    pthread_mutex_lock(lock_of(keys));
    for (size_t i = 0; i < keys->file.months; i++) {
        if (keys->file.month[i].month == month) {
            memcpy(key, keys->file.month[i].key, KEY_BYTES);
            found = true;
        }
    }
    pthread_mutex_unlock(lock_of(keys));
    return found;
}

/* Another process may have begun a new month: look, but not at every wrong byte. */
static bool
may_read_anew(struct keys *keys)
{
    int64_t now_ms = clock_mono_ms();
    bool may;

    pthread_mutex_lock(&keys->lock);
    may = keys->read_at_ms == 0 || now_ms - keys->read_at_ms >= READ_ANEW_EVERY_MS;
    if (may) {
        keys->read_at_ms = now_ms;
    }
    pthread_mutex_unlock(&keys->lock);
    return may;
}

static uint16_t
month_in(struct str wrapped)
{
    return (uint16_t)((uint8_t)wrapped.data[0] << 8 | (uint8_t)wrapped.data[1]);
}

void
keys_wrap(const struct keys *keys, int64_t now_ms, struct str context, struct str plain,
          uint8_t *out)
{
    uint8_t key[KEY_BYTES];
    uint16_t month = copy_used(keys, now_ms, key);

    out[0] = (uint8_t)(month >> 8);
    out[1] = (uint8_t)month;
    crypto_seal(key, context, plain, out + 2);
    crypto_wipe(key, sizeof key);
}

bool
keys_unwrap(struct keys *keys, struct str context, struct str wrapped, uint8_t *out)
{
    uint8_t key[KEY_BYTES];
    uint16_t month;
    bool opened;

    if (wrapped.len < WRAP_EXTRA_BYTES) {
        return false;
    }
    month = month_in(wrapped);
    if (!copy_month(keys, month, key) &&
        (!may_read_anew(keys) || !keys_read_anew(keys) ||
         !copy_month(keys, month, key))) {
        return false;
    }
    opened = crypto_open(key, context, str_of(wrapped.data + 2, wrapped.len - 2), out);
    crypto_wipe(key, sizeof key);
    return opened;
}

bool
keys_is_old_wrap(const struct keys *keys, int64_t now_ms, struct str wrapped)
{
    uint8_t key[KEY_BYTES];
    uint16_t month = copy_used(keys, now_ms, key);

    crypto_wipe(key, sizeof key);
    return wrapped.len >= 2 && month_in(wrapped) != month;
}

/* --- rotation -----------------------------------------------------------------------
 */
/* True when the file wants to be written. */
typedef bool change_fn(struct keyfile *file, int64_t now_ms);

static bool
read_change_write(struct keys *keys, change_fn *change, int64_t now_ms,
                  const char **why)
{
    struct keyfile file;
    bool good =
        read_same_store(keys, &file, why) &&
        (!change(&file, now_ms) || keyfile_write(keys->path, &file, false, why));

    if (good) {
        take_months(keys, &file);
    }
    crypto_wipe(&file, sizeof file);
    return good;
}

/* Under a lock of its own, so that two processes never make two keys for one month:
 * the one whose key was lost could not read again what it had wrapped. */
static bool
change_file(struct keys *keys, change_fn *change, int64_t now_ms, char *why,
            size_t why_room)
{
    char lock_path[PATH_MAX + 8];
    const char *reason = "the key file cannot be locked";
    bool changed;
    int fd;

    snprintf(lock_path, sizeof lock_path, "%s.lock", keys->path);
    fd = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    changed = fd >= 0 && flock(fd, LOCK_EX) == 0 &&
              read_change_write(keys, change, now_ms, &reason);
    if (fd >= 0) {
        close(fd);
    }
    if (!changed) {
        snprintf(why, why_room, "%s: %s", keys->path, reason);
    }
    return changed;
}

/* The list is full only when nobody could wipe for months; then the oldest makes room,
 * as its time is over anyway. */
static bool
add_this_month(struct keyfile *file, int64_t now_ms)
{
    if (newest(file)->month >= month_of(now_ms)) {
        return false;
    }
    if (file->months == KEYFILE_MONTHS_MAX) {
        file->months--;
        memmove(file->month, file->month + 1, file->months * sizeof *file->month);
    }
    add_month(file, month_of(now_ms), now_ms);
    return true;
}

static bool
wipe_old(struct keyfile *file, int64_t now_ms)
{
    const int64_t life_ms = (int64_t)(KEY_COPIED_DAYS + WRAPPING_KEY_DAYS) * MS_PER_DAY;
    size_t used = in_use(file, now_ms), kept = 0, before = file->months;

    for (size_t i = 0; i < before; i++) {
        if (i >= used || now_ms - file->month[i].made_at_ms <= life_ms) {
            file->month[kept++] = file->month[i];
        }
    }
    crypto_wipe(file->month + kept, (before - kept) * sizeof *file->month);
    file->months = kept;
    return kept != before;
}

bool
keys_want_rotation(struct keys *keys, int64_t now_ms)
{
    struct keyfile file;
    bool wanted;

    pthread_mutex_lock(&keys->lock);
    file = keys->file;
    pthread_mutex_unlock(&keys->lock);
    wanted = newest(&file)->month < month_of(now_ms) || wipe_old(&file, now_ms);
    crypto_wipe(&file, sizeof file);
    return wanted;
}

bool
keys_add_month(struct keys *keys, int64_t now_ms, char *why, size_t why_room)
{
    return change_file(keys, add_this_month, now_ms, why, why_room);
}

bool
keys_wipe_old(struct keys *keys, int64_t now_ms, char *why, size_t why_room)
{
    return change_file(keys, wipe_old, now_ms, why, why_room);
}
