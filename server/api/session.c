/* server/api/session.c - signing in and out. */
#include "storage/member/session.h"

#include "server/api/api.h"
#include "server/api/attempt.h"
#include "server/api/doc.h"
#include "storage/member/member.h"
#include "storage/member/password.h"
#include "storage/member/username.h"

struct sign_in {
    struct str username, password, token;
    bool has_username, has_password, has_token;
};

static enum err
read_sign_in(struct request *req, struct sign_in *given)
{
    const struct json_field fields[] = {
        { .name = "username",
          .kind = JSON_FIELD_STRING,
          .out = &given->username,
          .max = 1024,
          .given = &given->has_username },
        { .name = "password",
          .kind = JSON_FIELD_STRING,
          .out = &given->password,
          .max = PASSWORD_BYTES_MAX,
          .given = &given->has_password },
        { .name = "token",
          .kind = JSON_FIELD_STRING,
          .out = &given->token,
          .max = 1024,
          .given = &given->has_token },
    };
    enum err err;

    *given = (struct sign_in){ 0 };
    err = request_read(req, fields, sizeof(fields) / sizeof(fields[0]));
    if (err != ERR_NONE) {
        return err;
    }
    if (given->has_token && (given->has_username || given->has_password)) {
        return problem_field(req, "token", "stands alone");
    }
    if (!given->has_token && !given->has_username) {
        return problem_field(req, "username", "is needed");
    }
    if (!given->has_token && !given->has_password) {
        return problem_field(req, "password", "is needed");
    }
    return ERR_NONE;
}

/* The same work for an unknown user, an account without a password and a wrong one: a
 * look for the name, a look for the member, one scrypt. */
static enum err
check_password(struct request *req, const struct sign_in *given, struct str username,
               struct member_id *id)
{
    struct member member = { .password = { NULL, 0 } };
    enum err err = member_read_by_username(req->store, req->arena, username, &member);

    if (err != ERR_NONE && err != ERR_NOT_FOUND) {
        return err;
    }
    err = password_check(given->password, err == ERR_NONE ? member.password : STR(""));
    *id = member.id;
    return err;
}

static enum err
sign_in_by_password(struct request *req, const struct sign_in *given,
                    struct member_id *id)
{
    struct str username = STR("-"); /* the name of nobody: names have 3 characters */
    struct attempt attempts[2];
    enum err err;

    username_fold(req->arena, given->username, &username);
    attempts[0] = attempt_sign_in_by_account(req, username);
    attempts[1] = attempt_sign_in_by_address(req);
    if ((err = attempts_begin(req, "sign-ins", attempts, 2)) != ERR_NONE) {
        return err;
    }
    err = check_password(req, given, username, id);
    if (err != ERR_BAD_CREDENTIALS) {
        attempts_forgive(req, attempts, 2);
    }
    return err;
}

/* A token is exchanged for a session of its own, so that pages get a cookie. */
static enum err
sign_in_by_token(struct request *req, const struct sign_in *given, struct member_id *id)
{
    struct attempt attempt = attempt_sign_in_by_address(req);
    struct session session;
    enum err err;

    if ((err = attempts_begin(req, "sign-ins", &attempt, 1)) != ERR_NONE) {
        return err;
    }
    err = member_session_read(req->store, req->arena, given->token, req->now_ms,
                              &session);
    if (err != ERR_UNAUTHENTICATED) {
        attempts_forgive(req, &attempt, 1);
    }
    *id = session.member;
    return err == ERR_UNAUTHENTICATED ? ERR_BAD_CREDENTIALS : err;
}

enum err
api_session_post(struct request *req)
{
    struct sign_in given;
    struct member_id id = { 0 };
    struct session_token token;
    enum err err;

    if ((err = read_sign_in(req, &given)) != ERR_NONE) {
        return err;
    }
    err = given.has_token ? sign_in_by_token(req, &given, &id)
                          : sign_in_by_password(req, &given, &id);
    if (err != ERR_NONE) {
        return err;
    }
    err = session_open(req->store, req->arena, id, req->now_ms, &token);
    if (err != ERR_NONE) {
        return err;
    }
    reply_session_cookie(req, str_from(token.text), SESSION_LIFE_MS / 1000);
    return reply_created(req, STR("/api/v1/sessions/current"),
                         json_pack("{s:s, s:o}", "token", token.text, "expires_at",
                                   doc_time(token.expires_at_ms)));
}

enum err
api_session_delete(struct request *req)
{
    enum err err =
        session_end(req->store, req->arena, req->caller.member, req->caller.session);

    if (err != ERR_NONE) {
        return err;
    }
    reply_session_cookie(req, STR(""), 0);
    return reply_empty(req);
}
