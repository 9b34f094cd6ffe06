/* test/unit/key_test.c - each key bears one hash tag, and each call keys of one tag; what
 * call_keyf() writes of a key is what printf would. */
#include "storage/key.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "storage/redis/call.h"
#include "test/support/unit.h"

enum { SOURCE_BYTES_MAX = 64 << 10, KEY_BYTES_MAX = 256 };

/* What stands between quotes up to the end of the definition, and PRId64 as itself. */
static void
pattern_of(const char *define, char pattern[KEY_BYTES_MAX])
{
    size_t len = 0;
    bool quoted = false;

    for (const char *c = define; *c != '\0' && strncmp(c, "/*", 2) != 0; c++) {
        if (*c == '\n' && c[-1] != '\\') {
            break;
        }
        if (*c == '"') {
            quoted = !quoted;
        } else if (quoted) {
            assert_true(len + 1 < KEY_BYTES_MAX);
            pattern[len++] = *c;
        }
    }
    pattern[len] = '\0';
}

/* The tag is one of ours, and nothing before it could bring a brace along. */
static void
expect_one_tag(const char *pattern)
{
    static const char *const tags[] = { "{g}",     "{s%03u}", "{p%03u}",
                                        "{m%03u}", "{o%03u}", "{%c%03u}" };
    const char *open = strchr(pattern, '{');

    for (size_t i = 0; open != NULL && i < COUNT(tags); i++) {
        size_t len = strlen(tags[i]);

        if (strncmp(open, tags[i], len) == 0 && strpbrk(open + len, "{}") == NULL &&
            memchr(pattern, '%', (size_t)(open - pattern)) == NULL) {
            return;
        }
    }
    fail_msg("not one hash tag: %s", pattern);
}

/* A call writes them itself (storage/redis/call.c). PRId64 stands outside the quotes. */
static void
expect_known_conversions(const char *pattern)
{
    static const char *const known[] = { "03u", "c", "s", ".*s", "d", "u", ":" };

    for (const char *at = pattern; (at = strchr(at, '%')) != NULL; at++) {
        bool found = at[1] == '\0';

        for (size_t i = 0; i < COUNT(known) && !found; i++) {
            found = strncmp(at + 1, known[i], strlen(known[i])) == 0;
        }
        if (!found) {
            fail_msg("a call cannot write %s", pattern);
        }
    }
}

static void
each_key_has_one_hash_tag(void **state UNUSED)
{
    static char source[SOURCE_BYTES_MAX];
    FILE *file = fopen("storage/key.h", "r");
    char pattern[KEY_BYTES_MAX];
    int seen = 0;

    assert_non_null(file);
    assert_in_range(fread(source, 1, sizeof(source) - 1, file), 1, sizeof(source) - 2);
    fclose(file);
    for (const char *at = source; (at = strstr(at, "PRI")) != NULL; at++) {
        assert_int_equal(strncmp(at, "PRId64", 6), 0); /* a call can write no other */
    }
    for (const char *at = source; (at = strstr(at, "#define KEY_")) != NULL; at++) {
        pattern_of(at, pattern);
        expect_one_tag(pattern);
        expect_known_conversions(pattern);
        seen++;
    }
    assert_true(seen > 50);
}

static void
give_two_keys(const char *first, const char *second)
{
    struct arena *arena = arena_new(4096);
    struct call *call = call_command(arena, "MGET");

    call_key(call, str_from(first));
    call_key(call, str_from(second));
    arena_free(&arena);
}

/* Does a process of its own come to the end? */
static bool
survives(const char *first, const char *second)
{
    int status = 0;
    pid_t child = fork();

    if (child == 0) {
        dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
        signal(SIGABRT, SIG_DFL);
        give_two_keys(first, second);
        _exit(0);
    }
    assert_true(child > 0 && waitpid(child, &status, 0) == child);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void
a_call_with_keys_of_two_tags_ends_the_process(void **state UNUSED)
{
    assert_true(survives("shop:{s001}:10000129", "profile:{s001}:10000129"));
    assert_false(survives("shop:{s001}:10000129", "shop:{s002}:10000130"));
    assert_false(survives("shop:{s001}:10000129", "meta:{g}"));
    assert_false(survives("shop", "shop"));
}

static void
every_conversion_is_written_as_by_printf(void **state UNUSED)
{
    struct arena *arena = arena_new(64 << 10);
    struct call *call = call_command(arena, "MGET");
    struct str key[8];
    size_t count = 0;

#define WRITE(...)                                         \
    (call_keyf(call, __VA_ARGS__), /* the same tag each */ \
     key[count++] = arena_printf(arena, __VA_ARGS__))
    WRITE(KEY_SHOP, 7U, INT64_MAX);
    WRITE(KEY_STATS, 7U, INT64_MIN, -12);
    WRITE(KEY_SCORE, 7U, UINT32_MAX);
    WRITE(KEY_OUTBOX, 's', 7U);
    WRITE("done:{%c%03u}:%s", 's', 7U, "an id");
    WRITE("handle:{s%03u}:%" PRId64 ":%.*s", 7U, INT64_C(0), 3, "mug-12");
    WRITE("score:{s%03u}:", 7U);
#undef WRITE
    assert_int_equal(call->keys, count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(call->argv_len[1 + i], key[i].len);
        assert_memory_equal(call->argv[1 + i], key[i].data, key[i].len);
    }
    call = call_command(arena, "GET");
    call_keyf(call, KEY_SHOP, 255U, INT64_C(10));
    assert_string_equal(call->argv[1], "shop:{s255}:10");
    arena_free(&arena);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_key_has_one_hash_tag),
        cmocka_unit_test(every_conversion_is_written_as_by_printf),
        cmocka_unit_test(a_call_with_keys_of_two_tags_ends_the_process),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
