/* server/api/member.c - signing up, and one's own account. */
#include "storage/member/member.h"

#include <assert.h>

#include "server/api/api.h"
#include "server/api/attempt.h"
#include "server/api/doc.h"
#include "storage/member/password.h"
#include "storage/member/username.h"

#define FIELDS(table) (table), sizeof(table) / sizeof((table)[0])

static json_t *
roles_json(const struct member *member)
{
    json_t *list = json_pack("[s]", "member");

    if (member->shop.value != 0) {
        json_array_append_new(list, json_string("owner"));
    }
    if (member->roles & MEMBER_MERCHANT) {
        json_array_append_new(list, json_string("merchant"));
    }
    if (member->roles & MEMBER_OPERATOR) {
        json_array_append_new(list, json_string("operator"));
    }
    return list;
}

static json_t *
me_json(const struct member *member)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "id", doc_id(member->id.value),
                     "username", doc_text_or_null(member->username), "nickname",
                     doc_str(member->nickname), "roles", roles_json(member), "number",
                     doc_id_or_null(member->shop.value), "created_at",
                     doc_time(member->created_at_ms));
}

static enum err
fold_username(struct request *req, struct str given, struct str *username)
{
    if (username_fold(req->arena, given, username)) {
        return ERR_NONE;
    }
    return problem_field(req, "username", "must be 3 to 32 of a-z 0-9 _ -");
}

/* Judges a new password; hashing it comes later, when nothing cheaper can refuse. */
static enum err
judge_password(struct request *req, struct str password, struct str username)
{
    return password_weak(req->arena, password, username) ? ERR_WEAK_PASSWORD : ERR_NONE;
}

struct sign_up {
    struct str username;
    struct str password;
    struct str nickname;
};

static enum err
read_sign_up(struct request *req, struct sign_up *want)
{
    struct str username = { NULL, 0 };
    const struct json_field fields[] = {
        { .name = "username",
          .kind = JSON_FIELD_STRING,
          .out = &username,
          .max = 1024,
          .required = true },
        { .name = "password",
          .kind = JSON_FIELD_STRING,
          .out = &want->password,
          .max = PASSWORD_BYTES_MAX,
          .required = true },
        { .name = "nickname",
          .kind = JSON_FIELD_TEXT,
          .out = &want->nickname,
          .min = 1,
          .max = NICKNAME_CHARS_MAX,
          .required = true },
    };
    enum err err;

    if ((err = request_read(req, FIELDS(fields))) != ERR_NONE ||
        (err = fold_username(req, username, &want->username)) != ERR_NONE) {
        return err;
    }
    return judge_password(req, want->password, want->username);
}

static enum err
reply_signed_up(struct request *req, const struct member *member,
                const struct session_token *token)
{
    json_t *doc = json_pack(
        "{s:{s:o, s:o, s:o}, s:s, s:o}", "member", "id", doc_id(member->id.value),
        "username", doc_str(member->username), "nickname", doc_str(member->nickname),
        "token", token->text, "expires_at", doc_time(token->expires_at_ms));

    return reply_created(req, STR("/api/v1/me"), doc);
}

static enum err
sign_up(struct request *req, const struct sign_up *given, struct member *member,
        struct session_token *token)
{
    struct member_want want = { .username = given->username,
                                .nickname = given->nickname,
                                .now_ms = req->now_ms };
    enum err err = password_hash(req->arena, given->password, &want.password);

    return err == ERR_NONE ? member_make(req->store, req->arena, &want, member, token)
                           : err;
}

enum err
api_member_post(struct request *req)
{
    struct sign_up given;
    struct member member;
    struct session_token token;
    struct attempt attempt;
    enum err err;

    if ((err = read_sign_up(req, &given)) != ERR_NONE) {
        return err;
    }
    attempt = attempt_sign_up(req);
    if ((err = attempts_begin(req, "sign-ups", &attempt, 1)) != ERR_NONE) {
        return err;
    }
    err = sign_up(req, &given, &member, &token);
    if (err != ERR_NONE && err != ERR_STORE_UNCERTAIN) {
        attempts_forgive(req, &attempt, 1);
    }
    return err == ERR_NONE ? reply_signed_up(req, &member, &token) : err;
}

enum err
api_me_get(struct request *req)
{
    struct member member;
    enum err err = member_read(req->store, req->arena, req->caller.member, &member);

    return err == ERR_NONE ? reply_json(req, 200, me_json(&member)) : err;
}

struct me_patch {
    struct str nickname, username, password, current_password;
    bool has_nickname, has_username, has_password, has_current;
};

static enum err
read_me_patch(struct request *req, struct me_patch *patch)
{
    struct str username = { NULL, 0 };
    const struct json_field fields[] = {
        { .name = "nickname",
          .kind = JSON_FIELD_TEXT,
          .out = &patch->nickname,
          .min = 1,
          .max = NICKNAME_CHARS_MAX,
          .given = &patch->has_nickname },
        { .name = "username",
          .kind = JSON_FIELD_STRING,
          .out = &username,
          .max = 1024,
          .given = &patch->has_username },
        { .name = "password",
          .kind = JSON_FIELD_STRING,
          .out = &patch->password,
          .max = PASSWORD_BYTES_MAX,
          .given = &patch->has_password },
        { .name = "current_password",
          .kind = JSON_FIELD_STRING,
          .out = &patch->current_password,
          .max = PASSWORD_BYTES_MAX,
          .given = &patch->has_current },
    };
    enum err err;

    *patch = (struct me_patch){ 0 };
    if ((err = request_read(req, FIELDS(fields))) != ERR_NONE) {
        return err;
    }
    return patch->has_username ? fold_username(req, username, &patch->username)
                               : ERR_NONE;
}

/* Who has a password proves it before it is changed; guesses are counted like those of
 * a sign-in. */
static enum err
prove_password(struct request *req, const struct me_patch *patch,
               const struct member *member)
{
    struct attempt attempt = attempt_sign_in_by_account(
        req, arena_printf(req->arena, "id %lld", (long long)member->id.value));
    enum err err;

    if (member->password.len == 0) {
        return ERR_NONE;
    }
    if (!patch->has_current) {
        return problem_field(req, "current_password",
                             "is needed to change the password");
    }
    if ((err = attempts_begin(req, "sign-ins", &attempt, 1)) != ERR_NONE) {
        return err;
    }
    err = password_check(patch->current_password, member->password);
    if (err != ERR_BAD_CREDENTIALS) {
        attempts_forgive(req, &attempt, 1);
    }
    return err;
}

/* Everything that may be refused comes before the first change. */
static enum err
judge_me_patch(struct request *req, const struct me_patch *patch,
               const struct member *member, struct str *hash)
{
    struct str username = patch->has_username ? patch->username : member->username;
    enum err err;

    if (!patch->has_password) {
        return ERR_NONE;
    }
    if ((err = judge_password(req, patch->password, username)) != ERR_NONE ||
        (err = prove_password(req, patch, member)) != ERR_NONE) {
        return err;
    }
    return password_hash(req->arena, patch->password, hash);
}

static enum err
change_me(struct request *req, const struct me_patch *patch, struct member *member,
          struct str hash)
{
    enum err err = ERR_NONE;

    if (patch->has_username) {
        err =
            member_rename(req->store, req->arena, member, patch->username, req->now_ms);
        member->username = patch->username;
    }
    if (err == ERR_NONE && patch->has_nickname) {
        err = member_set_nickname(req->store, req->arena, member->id, patch->nickname);
        member->nickname = patch->nickname;
    }
    if (err == ERR_NONE && patch->has_password) {
        err = member_set_password(req->store, req->arena, member->id, hash,
                                  req->caller.session);
    }
    return err;
}

enum err
api_me_patch(struct request *req)
{
    struct me_patch patch;
    struct member member;
    struct str hash = { NULL, 0 };
    enum err err;

    if ((err = read_me_patch(req, &patch)) != ERR_NONE ||
        (err = member_read(req->store, req->arena, req->caller.member, &member)) !=
            ERR_NONE ||
        (err = judge_me_patch(req, &patch, &member, &hash)) != ERR_NONE ||
        (err = change_me(req, &patch, &member, hash)) != ERR_NONE) {
        return err;
    }
    return reply_json(req, 200, me_json(&member));
}
