/* test/unit/keys_test.c - the key file: made once, private, refused when damaged, and
 * its months. */
#include "storage/privacy/keys.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test/support/unit.h"

#define NOV_MS  INT64_C(1795300000000) /* 2026-11-21 */
#define DAY_MS  INT64_C(86400000)
#define USED_MS (KEY_COPIED_DAYS * DAY_MS) /* after it was made */

struct place {
    char dir[32];
    char path[64];
    char why[256];
};

static int
place_make(void **state)
{
    static struct place place;

    strcpy(place.dir, "/tmp/xiaopu-test-XXXXXX");
    assert_non_null(mkdtemp(place.dir));
    snprintf(place.path, sizeof place.path, "%s/xiaopu.keys", place.dir);
    *state = &place;
    return 0;
}

static int
place_remove(void **state)
{
    struct place *place = *state;
    char lock[80];

    snprintf(lock, sizeof lock, "%s.lock", place->path);
    unlink(lock);
    unlink(place->path);
    return rmdir(place->dir); /* and nothing else was left behind */
}

static struct keys *
open_keys(struct place *place)
{
    struct keys *keys = keys_open(place->path, NOV_MS, place->why, sizeof place->why);

    assert_non_null(keys);
    return keys;
}

static void
assert_refused(struct place *place, const char *reason)
{
    assert_null(keys_open(place->path, NOV_MS, place->why, sizeof place->why));
    assert_non_null(strstr(place->why, reason));
    assert_null(strchr(place->why, '\n'));
}

static void
a_file_is_made_once_and_read_the_same(void **state)
{
    struct keys *first = open_keys(*state), *second = open_keys(*state);

    assert_int_equal(strlen(keys_id(first)), KEYS_ID_BYTES - 1);
    assert_string_equal(keys_id(first), keys_id(second));
    assert_memory_equal(keys_release(first), keys_release(second), KEY_BYTES);
    assert_memory_equal(keys_receipt(first), keys_receipt(second), KEY_BYTES);
    assert_memory_equal(keys_sealing(first), keys_sealing(second), KEY_BYTES);
    assert_memory_not_equal(keys_release(first), keys_receipt(first), KEY_BYTES);
    assert_memory_not_equal(keys_release(first), keys_sealing(first), KEY_BYTES);
    keys_close(&first);
    keys_close(&second);
    assert_null(second);
}

static void
nobody_else_may_read_it(void **state)
{
    struct place *place = *state;
    struct keys *keys = open_keys(place);
    struct stat status;

    keys_close(&keys);
    assert_int_equal(stat(place->path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_int_equal(chmod(place->path, 0640), 0);
    assert_refused(place, "open to others");
}

static void
an_absent_file_is_made_only_when_asked(void **state)
{
    struct place *place = *state;

    assert_null(keys_open(place->path, 0, place->why, sizeof place->why));
    assert_int_equal(access(place->path, F_OK), -1);
}

static void
a_directory_that_is_not_there_is_one_clear_line(void **state)
{
    struct place *place = *state;

    assert_null(keys_open("/nonexistent/keys", NOV_MS, place->why, sizeof place->why));
    assert_non_null(strstr(place->why, "/nonexistent/keys"));
}

static void
every_changed_byte_is_found(void **state)
{
    struct place *place = *state;
    struct keys *keys = open_keys(place);
    char text[1024];
    int fd = open(place->path, O_RDWR);
    ssize_t len = read(fd, text, sizeof text);

    keys_close(&keys);
    assert_in_range(len, 100, sizeof text - 1);
    for (ssize_t i = 0; i < len; i++) {
        char changed = text[i] == 'x' ? 'y' : 'x';

        assert_int_equal(pwrite(fd, &changed, 1, i), 1);
        assert_refused(place, "damaged");
        assert_int_equal(pwrite(fd, &text[i], 1, i), 1);
    }
    assert_int_equal(ftruncate(fd, len - 1), 0);
    assert_refused(place, "damaged");
    assert_int_equal(ftruncate(fd, 0), 0);
    assert_refused(place, "damaged");
    close(fd);
}

static void
what_was_wrapped_opens_with_its_context_until_its_month_is_wiped(void **state)
{
    struct place *place = *state;
    struct keys *keys = open_keys(place);
    uint8_t wrapped[5 + WRAP_EXTRA_BYTES], plain[5];
    struct str w = str_of(wrapped, sizeof wrapped);
    int64_t dec_ms = NOV_MS + 29 * DAY_MS, jan_ms = NOV_MS + 45 * DAY_MS;

    keys_wrap(keys, NOV_MS, STR("here"), STR("hello"), wrapped);
    assert_true(keys_unwrap(keys, STR("here"), w, plain));
    assert_memory_equal(plain, "hello", 5);
    assert_false(keys_unwrap(keys, STR("there"), w, plain));
    assert_false(keys_is_old_wrap(keys, NOV_MS, w));

    assert_true(keys_add_month(keys, dec_ms, place->why, sizeof place->why));
    assert_true(keys_wipe_old(keys, dec_ms, place->why, sizeof place->why));
    assert_true(keys_is_old_wrap(keys, dec_ms, w));
    assert_true(
        keys_unwrap(keys, STR("here"), w, plain)); /* two generations are good */

    assert_true(keys_add_month(keys, jan_ms, place->why, sizeof place->why));
    assert_true(keys_wipe_old(keys, jan_ms, place->why, sizeof place->why));
    assert_false(keys_unwrap(keys, STR("here"), w, plain));
    keys_close(&keys);
}

static void
a_month_gets_one_key(void **state)
{
    struct place *place = *state;
    struct keys *keys = open_keys(place), *other = open_keys(place);
    uint8_t wrapped[1 + WRAP_EXTRA_BYTES], plain[1];
    int64_t dec_ms = NOV_MS + 20 * DAY_MS;

    assert_true(keys_add_month(keys, dec_ms, place->why, sizeof place->why));
    assert_true(keys_add_month(other, dec_ms + 1, place->why, sizeof place->why));
    keys_wrap(other, dec_ms + USED_MS, STR("c"), STR("x"), wrapped);
    assert_true(keys_unwrap(keys, STR("c"), str_of(wrapped, sizeof wrapped), plain));
    keys_close(&keys);
    keys_close(&other);
}

static void
a_month_begun_elsewhere_is_found_in_the_file(void **state)
{
    struct place *place = *state;
    struct keys *keys = open_keys(place), *other = open_keys(place);
    int64_t dec_ms = NOV_MS + 20 * DAY_MS;
    uint8_t wrapped[1 + WRAP_EXTRA_BYTES], plain[1];

    assert_true(keys_add_month(other, dec_ms, place->why, sizeof place->why));
    keys_wrap(other, dec_ms + USED_MS, STR("c"), STR("x"), wrapped);
    assert_true(keys_unwrap(keys, STR("c"), str_of(wrapped, sizeof wrapped), plain));
    keys_close(&keys);
    keys_close(&other);
}

static void
another_stores_file_is_not_taken_over(void **state)
{
    struct place *place = *state;
    struct keys *keys = open_keys(place), *other;
    char id[KEYS_ID_BYTES];

    strcpy(id, keys_id(keys));
    assert_true(keys_read_anew(keys));
    unlink(place->path);
    other = open_keys(place);
    assert_false(keys_read_anew(keys));
    assert_false(
        keys_add_month(keys, NOV_MS + 20 * DAY_MS, place->why, sizeof place->why));
    assert_string_equal(keys_id(keys), id);
    keys_close(&keys);
    keys_close(&other);
}

static void
the_key_in_use_is_never_wiped(void **state)
{
    struct place *place = *state;
    struct keys *keys = open_keys(place);
    int64_t late_ms = NOV_MS + 900 * DAY_MS;
    uint8_t wrapped[1 + WRAP_EXTRA_BYTES], plain[1];

    keys_wrap(keys, late_ms, STR("c"), STR("x"), wrapped);
    assert_true(keys_add_month(keys, late_ms, place->why, sizeof place->why));
    assert_true(keys_wipe_old(keys, late_ms, place->why, sizeof place->why));
    assert_true(keys_unwrap(keys, STR("c"), str_of(wrapped, sizeof wrapped), plain));
    keys_close(&keys);
}

/* The other machine has the file of a month ago, and gets the new one four weeks late. */
static void
a_new_key_is_used_when_all_have_had_the_time_to_copy_it(void **state)
{
    struct place *place = *state;
    struct keys *keys = open_keys(place), *other = open_keys(place);
    int64_t dec_ms = NOV_MS + 29 * DAY_MS, copied_ms = dec_ms + USED_MS - 1;
    uint8_t wrapped[1 + WRAP_EXTRA_BYTES], plain[1];
    struct str w = str_of(wrapped, sizeof wrapped);
    char away[80];

    assert_true(keys_add_month(keys, dec_ms, place->why, sizeof place->why));
    snprintf(away, sizeof away, "%s.away", place->path);
    assert_int_equal(rename(place->path, away), 0); /* it has only what it has read */
    for (int64_t now_ms = dec_ms; now_ms <= copied_ms; now_ms += DAY_MS) {
        keys_wrap(keys, now_ms, STR("c"), STR("x"), wrapped);
        assert_true(keys_unwrap(other, STR("c"), w, plain));
        assert_false(keys_is_old_wrap(other, now_ms, w));
        keys_wrap(other, now_ms, STR("c"), STR("x"), wrapped);
        assert_true(keys_unwrap(keys, STR("c"), w, plain));
        assert_false(keys_is_old_wrap(keys, now_ms, w));
    }
    assert_true(keys_is_old_wrap(keys, copied_ms + 1, w));
    assert_int_equal(rename(away, place->path), 0);
    keys_close(&keys);
    keys_close(&other);
}

static void
a_rotation_is_wanted_when_there_is_something_to_do(void **state)
{
    struct place *place = *state;
    struct keys *keys = open_keys(place);
    int64_t dec_ms = NOV_MS + 20 * DAY_MS, wiped_ms = NOV_MS + 36 * DAY_MS;

    assert_false(keys_want_rotation(keys, NOV_MS));
    assert_true(keys_want_rotation(keys, dec_ms)); /* another month */
    assert_true(keys_add_month(keys, dec_ms, place->why, sizeof place->why));
    assert_false(keys_want_rotation(keys, dec_ms));
    assert_true(keys_want_rotation(keys, wiped_ms)); /* the first key's life is over */
    assert_true(keys_wipe_old(keys, wiped_ms, place->why, sizeof place->why));
    assert_false(keys_want_rotation(keys, wiped_ms));
    keys_close(&keys);
}

#define KEYS_TEST(name) cmocka_unit_test_setup_teardown(name, place_make, place_remove)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        KEYS_TEST(a_file_is_made_once_and_read_the_same),
        KEYS_TEST(nobody_else_may_read_it),
        KEYS_TEST(an_absent_file_is_made_only_when_asked),
        KEYS_TEST(a_directory_that_is_not_there_is_one_clear_line),
        KEYS_TEST(every_changed_byte_is_found),
        KEYS_TEST(what_was_wrapped_opens_with_its_context_until_its_month_is_wiped),
        KEYS_TEST(a_month_gets_one_key),
        KEYS_TEST(a_month_begun_elsewhere_is_found_in_the_file),
        KEYS_TEST(another_stores_file_is_not_taken_over),
        KEYS_TEST(the_key_in_use_is_never_wiped),
        KEYS_TEST(a_new_key_is_used_when_all_have_had_the_time_to_copy_it),
        KEYS_TEST(a_rotation_is_wanted_when_there_is_something_to_do),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
