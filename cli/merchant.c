/* cli/merchant.c - merchants, made on the command line.
 *
 * Prints {"merchant_id", "secret", "token"} once; only the secret's sealed form and the
 * token's hash are kept. */
#include <assert.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "cli/command.h"
#include "cli/merchant.h"
#include "cli/with_store.h"
#include "storage/member/member.h"
#include "storage/member/merchant.h"
#include "storage/policy/audit.h"

enum { ARENA_BYTES = 1 << 20 };

struct made {
    struct member member;
    struct session_token token;
    uint8_t secret[MERCHANT_SECRET_BYTES];
};

/* A merchant's name may be longer than a nickname, which then is its beginning. */
static struct str
nickname_of(struct str name)
{
    int32_t code_point;
    size_t len = 0;

    for (int i = 0; i < NICKNAME_CHARS_MAX; i++) {
        len += utf8_next(str_of(name.data + len, name.len - len), &code_point);
    }
    return str_of(name.data, len);
}

static enum err
make_merchant(struct store *store, struct arena *arena, struct str name,
              struct made *made)
{
    const struct member_want want = {
        .nickname = nickname_of(name),
        .roles = MEMBER_MERCHANT,
        .merchant_name = name,
        .merchant_secret = made->secret,
        .now_ms = store_now_ms(store),
    };
    const struct audit_entry entry = { .at_ms = want.now_ms,
                                       .what = STR("merchant_created"),
                                       .target = name };
    enum err err = audit_append(store, arena, &entry);

    merchant_secret_new(made->secret);
    return err == ERR_NONE
               ? member_make(store, arena, &want, &made->member, &made->token)
               : err;
}

static int
print_made(const struct made *made)
{
    char secret[MERCHANT_SECRET_TEXT_BYTES], id[32];
    json_t *doc;
    int failed;

    merchant_secret_text(made->secret, secret);
    snprintf(id, sizeof(id), "%" PRId64, made->member.id.value);
    doc = json_pack("{s:s, s:s, s:s}", "merchant_id", id, "secret", secret, "token",
                    made->token.text);
    failed = doc == NULL || json_dumpf(doc, stdout, 0) != 0 || puts("") < 0;
    json_decref(doc);
    crypto_wipe(secret, sizeof(secret));
    return failed ? say_failed("cannot write to stdout") : EXIT_DONE;
}

static bool
read_name(struct arena *arena, struct str text, struct str *name)
{
    return utf8_text(arena, text, UTF8_LINE, 1, MERCHANT_NAME_CHARS_MAX, name);
}

int
merchant_create(struct store *store, struct str name, struct member_id *id)
{
    struct arena *arena = arena_new(ARENA_BYTES);
    struct made made;
    bool named = read_name(arena, name, &name);
    enum err err;
    int code;

    assert(named);
    memset(&made, 0, sizeof(made));
    err = make_merchant(store, arena, name, &made);
    if (err != ERR_NONE) {
        code = say_failed("%s", err_text(err));
    } else {
        *id = made.member.id;
        code = print_made(&made);
    }
    crypto_wipe(&made, sizeof(made));
    arena_free(&arena);
    return code;
}

static int
create(struct store *store, const struct options *options)
{
    struct member_id id;

    return merchant_create(store, str_from(options->args[0]), &id);
}

int
command_merchant_create(const struct options *options)
{
    struct arena *arena = arena_new(ARENA_BYTES);
    bool named = read_name(arena, str_from(options->args[0]), &(struct str){ NULL, 0 });

    arena_free(&arena);
    return named ? with_store(options, create)
                 : say_usage("a merchant's name has 1 to %d characters, none of them "
                             "control or invisible",
                             MERCHANT_NAME_CHARS_MAX);
}
