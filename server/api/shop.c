/* server/api/shop.c - shops opened, shown and edited. */
#include "storage/shop/shop.h"

#include "proto/policy.h"
#include "server/api/api.h"
#include "server/api/doc.h"
#include "server/api/shop_doc.h"
#include "server/api/shop_name.h"
#include "storage/member/member.h"
#include "storage/policy/policy.h"

/* A shop is named as its owner wants, else like its owner. */
static enum err
read_shop_post(struct request *req, struct shop_open_want *want)
{
    struct member member;
    bool named = false;
    const struct json_field fields[] = { { .name = "nickname",
                                           .kind = JSON_FIELD_TEXT,
                                           .out = &want->nickname,
                                           .min = 1,
                                           .max = NICKNAME_CHARS_MAX,
                                           .given = &named } };
    enum err err = request_read(req, fields, 1);

    if (err == ERR_NONE && !named) {
        err = member_read(req->store, req->arena, want->owner, &member);
        want->nickname = member.nickname;
    }
    if (err != ERR_NONE) {
        return err;
    }
    return shop_name_reserved(req->arena, req->policy, want->nickname)
               ? ERR_RESERVED_NAME
               : ERR_NONE;
}

static enum err
read_own(struct request *req, struct shop_number number, json_t **doc)
{
    struct shop shop;
    enum err err = shop_read(req->store, req->arena, number, &shop);

    return err == ERR_NONE ? shop_doc_owner(req, &shop, doc) : err;
}

/* Once under a key: a shop that was opened by the same request is opened, not in the
 * way. */
static enum err
open_shop(struct request *req, struct shop_opened *opened)
{
    struct shop_open_want want = { .owner = req->caller.member, .now_ms = req->now_ms };
    enum err err =
        shop_open_before(req->store, req->arena, want.owner, &req->key, opened);

    if (err == ERR_NONE && opened->number.value != 0) {
        reply_again(req);
        return ERR_NONE;
    }
    if (err != ERR_NONE || (err = read_shop_post(req, &want)) != ERR_NONE) {
        return err;
    }
    return shop_open_keyed(req->store, req->arena, &want, &req->key,
                           req->policy->version, opened);
}

/* The document of a shop's first moment, by the policy of that moment and of nothing
 * that may change: so a repeat is told the same. */
static enum err
reply_opened(struct request *req, const struct shop_opened *opened)
{
    const struct shop shop = { .number = opened->number,
                               .owner = req->caller.member,
                               .on_boards = true,
                               .opened_at_ms = opened->at_ms,
                               .nickname = opened->nickname,
                               .bio = STR("") };
    struct policy *former = NULL;
    json_t *doc;
    enum err err = ERR_NONE;

    if (opened->policy_version != req->policy->version) {
        err = policy_load_version(req->store, req->arena, opened->policy_version,
                                  &former, NULL);
    }
    if (err != ERR_NONE) {
        return err;
    }
    doc = shop_doc_opened(req, &shop, former != NULL ? former : req->policy);
    policy_free(&former);
    return reply_created(
        req,
        arena_printf(req->arena, "/api/v1/shops/%lld", (long long)opened->number.value),
        doc);
}

enum err
api_shop_post(struct request *req)
{
    struct shop_opened opened;
    enum err err = open_shop(req, &opened);

    return err == ERR_NONE ? reply_opened(req, &opened) : err;
}

enum err
api_shop_get(struct request *req)
{
    struct shop_number number;
    struct shop shop;
    json_t *doc;
    enum err err;

    if (!shop_number_parse(request_param(req, "number"), &number)) {
        return ERR_NO_SUCH_SHOP;
    }
    if ((err = shop_read_public(req->store, req->arena, number, &shop)) != ERR_NONE) {
        return err;
    }
    if (shop.status == SHOP_CLOSED) {
        return ERR_SHOP_CLOSED;
    }
    if ((err = shop_doc_public(req, &shop, &doc)) != ERR_NONE) {
        return err;
    }
    reply_public(req);
    return reply_json(req, 200, doc);
}

enum err
api_my_shop_get(struct request *req)
{
    json_t *doc;
    enum err err = read_own(req, req->caller.shop, &doc);

    /* A number was taken, and the shop not made yet. */
    if (err == ERR_NO_SUCH_SHOP) {
        return ERR_NO_SHOP;
    }
    return err == ERR_NONE ? reply_json(req, 200, doc) : err;
}

struct shop_patch {
    struct str nickname, bio, status;
    bool on_boards, resting;
    bool has_nickname, has_bio, has_status, has_on_boards;
};

static enum err
judge_status(struct request *req, struct shop_patch *patch)
{
    if (!patch->has_status) {
        return ERR_NONE;
    }
    patch->resting = str_equal(patch->status, STR("resting"));
    if (patch->resting || str_equal(patch->status, STR("open"))) {
        return ERR_NONE;
    }
    return problem_field(req, "status", "must be open or resting");
}

static enum err
read_shop_patch(struct request *req, struct shop_patch *patch)
{
    const struct json_field fields[] = {
        { .name = "nickname",
          .kind = JSON_FIELD_TEXT,
          .out = &patch->nickname,
          .min = 1,
          .max = NICKNAME_CHARS_MAX,
          .given = &patch->has_nickname },
        { .name = "bio",
          .kind = JSON_FIELD_LONGTEXT,
          .out = &patch->bio,
          .max = BIO_CHARS_MAX,
          .given = &patch->has_bio },
        { .name = "on_boards",
          .kind = JSON_FIELD_BOOL,
          .out = &patch->on_boards,
          .given = &patch->has_on_boards },
        { .name = "status",
          .kind = JSON_FIELD_STRING,
          .out = &patch->status,
          .max = 16,
          .given = &patch->has_status },
    };
    enum err err;

    *patch = (struct shop_patch){ 0 };
    err = request_read(req, fields, sizeof(fields) / sizeof(fields[0]));
    if (err != ERR_NONE || (err = judge_status(req, patch)) != ERR_NONE) {
        return err;
    }
    return patch->has_nickname &&
                   shop_name_reserved(req->arena, req->policy, patch->nickname)
               ? ERR_RESERVED_NAME
               : ERR_NONE;
}

enum err
api_my_shop_patch(struct request *req)
{
    struct shop_patch patch;
    struct shop_edit edit = { .shop = req->caller.shop, .now_ms = req->now_ms };
    enum err err;

    if ((err = read_shop_patch(req, &patch)) != ERR_NONE) {
        return err;
    }
    edit.nickname = patch.has_nickname ? &patch.nickname : NULL;
    edit.bio = patch.has_bio ? &patch.bio : NULL;
    edit.on_boards = patch.has_on_boards ? &patch.on_boards : NULL;
    edit.resting = patch.has_status ? &patch.resting : NULL;
    err = shop_edit(req->store, req->arena, &edit);
    if (err == ERR_NO_SUCH_SHOP) {
        return ERR_NO_SHOP;
    }
    return err == ERR_NONE ? api_my_shop_get(req) : err;
}
