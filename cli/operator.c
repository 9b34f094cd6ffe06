/* cli/operator.c - operators are made on the command line only.
 *
 * Who may run it may read the store and its key file anyway; so there is no first
 * password to forget, and none that a stranger could guess. The name is what the
 * history shows; it is nobody's user name. */
#include <assert.h>
#include <stdio.h>

#include "base/utf8.h"
#include "cli/command.h"
#include "cli/with_store.h"
#include "storage/member/member.h"
#include "storage/policy/audit.h"

enum { ARENA_BYTES = 1 << 20 };

static enum err
make_operator(struct store *store, struct arena *arena, struct str name,
              struct session_token *token)
{
    const struct member_want want = { .nickname = name,
                                      .roles = MEMBER_OPERATOR,
                                      .now_ms = store_now_ms(store) };
    const struct audit_entry entry = { .at_ms = want.now_ms,
                                       .what = STR("operator_created"),
                                       .target = name };
    struct member member;
    enum err err = audit_append(store, arena, &entry);

    return err == ERR_NONE ? member_make(store, arena, &want, &member, token) : err;
}

static bool
read_name(struct arena *arena, const struct options *options, struct str *name)
{
    return utf8_text(arena, str_from(options->args[0]), UTF8_LINE, 1,
                     NICKNAME_CHARS_MAX, name);
}

static int
create(struct store *store, const struct options *options)
{
    struct arena *arena = arena_new(ARENA_BYTES);
    struct session_token token = { 0 };
    struct str name;
    bool named = read_name(arena, options, &name);
    enum err err;
    int code = EXIT_DONE;

    assert(named);
    err = make_operator(store, arena, name, &token);
    if (err != ERR_NONE) {
        code = say_failed("%s", err_text(err));
    } else if (puts(token.text) < 0) {
        code = say_failed("cannot write to stdout");
    }
    crypto_wipe(&token, sizeof(token));
    arena_free(&arena);
    return code;
}

int
command_operator_create(const struct options *options)
{
    struct arena *arena = arena_new(ARENA_BYTES);
    bool named = read_name(arena, options, &(struct str){ NULL, 0 });

    arena_free(&arena);
    return named ? with_store(options, create)
                 : say_usage("an operator's name has 1 to %d characters, none of them "
                             "control or invisible",
                             NICKNAME_CHARS_MAX);
}
