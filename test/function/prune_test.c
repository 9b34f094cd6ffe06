/* test/function/prune_test.c - what storage/redis/prune.h promises, and the heartbeats
 * that it goes by. */
#include "storage/redis/prune.h"

#include "base/crypto.h"
#include "base/encode.h"
#include "storage/process.h"
#include "storage/redis/call.h"
#include "test/support/store_test.h"

enum { VERSION_CHARS = 8 };

static bool
exists(struct store_test *t, struct str name)
{
    struct call *call = call_command(t->arena, "FUNCTION");

    call_text(call, "LIST");
    call_text(call, "LIBRARYNAME");
    call_arg(call, name);
    assert_int_equal(call_wait(t->store, call), ERR_NONE);
    return call->reply->count == 1;
}

static struct str
load(struct store_test *t, const char *subject, const char *version)
{
    struct call *call = call_command(t->arena, "FUNCTION");

    call_text(call, "LOAD");
    call_arg(call, arena_printf(t->arena,
                                "#!lua name=%s_%s\nredis.register_function('%s_f_%s', "
                                "function() return { 'ok' } end)\n",
                                subject, version, subject, version));
    assert_int_equal(call_wait(t->store, call), ERR_NONE);
    return reply_str(call->reply);
}

/* What another version of this program would have loaded; its version. */
static struct str
load_ours(struct store_test *t, const char *subject, struct str *version)
{
    struct str source = arena_printf(
        t->arena,
        "#!lua name=%s_@VERSION@\nredis.register_function('%s_f_@VERSION@', "
        "function() return { 'ok' } end)\n",
        subject, subject);
    uint8_t digest[SHA256_BYTES];
    char hex[2 * SHA256_BYTES + 1];

    crypto_sha256(source, digest);
    encode_hex(str_of(digest, sizeof(digest)), hex);
    hex[VERSION_CHARS] = '\0';
    *version = arena_dup(t->arena, str_from(hex));
    return load(t, subject, version->data);
}

/* How many libraries this program has. */
static int64_t
own_count(struct store_test *t)
{
    struct str rest = store_functions(t->store), word;
    int64_t count = 0;

    while (str_split(&rest, ' ', &word)) {
        count++;
    }
    return count;
}

static struct libraries_pruned
prune(struct store_test *t)
{
    struct process_libraries used;
    struct libraries_pruned pruned;

    assert_int_equal(process_libraries(t->store, t->arena, &used), ERR_NONE);
    assert_int_equal(used.unnamed, 0);
    assert_int_equal(libraries_prune(t->store, used.named, used.count, &pruned),
                     ERR_NONE);
    return pruned;
}

/* HSET process:{g} ID "beaten_ms state": the space is in the value. */
static void
beat_as(struct store_test *t, const char *state, int64_t silent_ms)
{
    const struct reply *time = store_test_say(t, "TIME");
    struct call *call = call_command(t->arena, "HSET");
    int64_t now_s;

    assert_true(reply_int(reply_at(time, 0), &now_s));
    call_text(call, "process:{g}");
    call_text(call, "00000000000000ff");
    call_arg(call, arena_printf(t->arena, "%lld %s",
                                (long long)(now_s * 1000 - silent_ms), state));
    assert_int_equal(call_wait(t->store, call), ERR_NONE);
}

STORE_TEST(what_nobody_names_goes_and_what_is_ours_or_foreign_stays)
{
    struct str version, old = load_ours(t, "verify", &version);
    struct str other = load(t, "other", "0123abcd"), plain = load(t, "my", "lib");
    struct libraries_pruned pruned = prune(t);

    assert_int_equal(pruned.deleted, 1);
    assert_int_equal(pruned.used, own_count(t));
    assert_int_equal(pruned.foreign, 2);
    assert_false(exists(t, old));
    assert_true(exists(t, other));
    assert_true(exists(t, plain));
    assert_int_equal(prune(t).deleted, 0); /* again changes nothing */
    store_test_say(t, "FUNCTION DELETE other_0123abcd");
    store_test_say(t, "FUNCTION DELETE my_lib");
}

STORE_TEST(what_a_live_process_names_stays_until_it_has_been_silent)
{
    struct str version, old = load_ours(t, "shop", &version);
    const char *state = arena_cstr(
        t->arena,
        arena_printf(t->arena, "{\"role\":\"server\",\"functions\":\"00000000 %.*s\"}",
                     STR_ARGS(version)));

    beat_as(t, state, PROCESS_SILENT_MS - 1500);
    assert_int_equal(prune(t).deleted, 0);
    assert_true(exists(t, old));
    beat_as(t, state, PROCESS_SILENT_MS + 1000);
    assert_int_equal(prune(t).deleted, 1);
    assert_false(exists(t, old));
}

STORE_TEST(every_beat_names_the_libraries_and_who_names_none_is_told)
{
    struct process_state state = { .role = PROCESS_SCORING };
    struct process_libraries used;

    process_id_make(state.id);
    assert_int_equal(process_beat(t->store, t->arena, &state), ERR_NONE);
    assert_int_equal(process_libraries(t->store, t->arena, &used), ERR_NONE);
    assert_int_equal(used.count, 1);
    assert_int_equal(used.unnamed, 0);
    assert_true(str_equal(used.named[0], store_functions(t->store)));

    beat_as(t, "{\"role\":\"a newer one's\"}", 0);
    assert_int_equal(process_libraries(t->store, t->arena, &used), ERR_NONE);
    assert_int_equal(used.unnamed, 1);
    beat_as(t, "damaged", 0);
    assert_int_equal(process_libraries(t->store, t->arena, &used), ERR_NONE);
    assert_int_equal(used.unnamed, 1);
}

/* Whoever loses its libraries all the same loads them at the next call. */
STORE_TEST(a_process_whose_libraries_went_goes_on)
{
    struct process_state state = { .role = PROCESS_SERVER };

    process_id_make(state.id);
    store_test_say(t, "FUNCTION FLUSH");
    assert_int_equal(process_beat(t->store, t->arena, &state), ERR_NONE);
    assert_int_equal(prune(t).used, own_count(t));
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_nobody_names_goes_and_what_is_ours_or_foreign_stays),
        cmocka_unit_test(what_a_live_process_names_stays_until_it_has_been_silent),
        cmocka_unit_test(every_beat_names_the_libraries_and_who_names_none_is_told),
        cmocka_unit_test(a_process_whose_libraries_went_goes_on),
    };

    return cmocka_run_group_tests(tests, store_test_begin, store_test_end);
}
