/* server/api/slot.c - the owner's featured slots. */
#include "storage/shop/slot.h"

#include "proto/policy.h"
#include "server/api/api.h"
#include "server/api/doc.h"
#include "server/api/product_doc.h"
#include "server/api/shop_doc.h"
#include "storage/catalogue/product.h"

struct slot_put {
    struct slot_want want;
    struct str note;
    struct product product;
};

typedef enum err change_fn(struct store *store, struct arena *arena,
                           const struct slot_want *want, const struct slot_rules *rules,
                           struct slot_state *state);

/* Slots count from 1. How many there are is the shop's matter, not the address's. */
static enum err
read_slot(struct request *req, struct slot_want *want)
{
    struct str text = request_param(req, "slot");
    int64_t slot;

    if (!str_to_i64(text, &slot) || slot < 1 || text.data[0] == '0') {
        return ERR_NOT_FOUND;
    }
    want->shop = req->caller.shop;
    want->slot = slot <= SLOTS_MAX ? (int)slot : SLOTS_MAX + 1;
    return ERR_NONE;
}

static enum err
read_slot_put(struct request *req, struct slot_put *put)
{
    struct str product_id = { NULL, 0 };
    bool has_note = false;
    const struct json_field fields[] = {
        { .name = "product_id",
          .kind = JSON_FIELD_STRING,
          .out = &product_id,
          .min = 1,
          .max = 64,
          .required = true },
        { .name = "note",
          .kind = JSON_FIELD_TEXT,
          .out = &put->note,
          .max = NOTE_CHARS_MAX,
          .given = &has_note },
    };
    enum err err;

    *put = (struct slot_put){ 0 };
    if ((err = read_slot(req, &put->want)) != ERR_NONE ||
        (err = request_read(req, fields, 2)) != ERR_NONE) {
        return err;
    }
    put->want.note = has_note ? &put->note : NULL;
    return product_id_parse(product_id, &put->want.product) ? ERR_NONE
                                                            : ERR_NO_SUCH_PRODUCT;
}

/* Only what is listed now may be placed. */
static enum err
read_listed(struct request *req, struct slot_put *put)
{
    enum err err =
        product_read_fresh(req->store, req->arena, put->want.product, &put->product);

    if (err != ERR_NONE) {
        return err;
    }
    return product_is_listed(&put->product) ? ERR_NONE : ERR_PRODUCT_UNLISTED;
}

/* Was what rests in the slot taken down meanwhile? Then nothing rests. */
static enum err
find_taken_down(struct request *req, struct product_id held, bool *taken_down)
{
    struct product product;
    enum err err = product_read_fresh(req->store, req->arena, held, &product);

    *taken_down =
        err == ERR_NO_SUCH_PRODUCT || (err == ERR_NONE && !product_is_listed(&product));
    return err == ERR_NO_SUCH_PRODUCT ? ERR_NONE : err;
}

static enum err
change(struct request *req, change_fn *fn, const struct slot_want *want,
       struct slot_state *state)
{
    struct slot_rules rules = { .now_ms = req->now_ms,
                                .cooldown_ms = req->policy->slots.cooldown_s * 1000,
                                .slots_first = slots_first(req->policy) };
    bool taken_down;
    enum err err = fn(req->store, req->arena, want, &rules, state);

    if (err != ERR_COOLDOWN) {
        return err;
    }
    err = find_taken_down(req, state->product, &taken_down);
    if (err != ERR_NONE || !taken_down) {
        return err == ERR_NONE ? ERR_COOLDOWN : err;
    }
    rules.taken_down = state->product;
    return fn(req->store, req->arena, want, &rules, state);
}

static void
tell_limit(struct request *req, const struct slot_state *state)
{
    struct shop shop;

    problem_member(req, "slot_limit", json_integer(state->slot_limit));
    if (shop_read(req->store, req->arena, req->caller.shop, &shop) == ERR_NONE) {
        problem_member(req, "next_tier", next_tier_doc(req, &shop));
    }
}

/* What a refusal says beside its code. */
static enum err
refuse(struct request *req, enum err err, const struct slot_state *state)
{
    if (err == ERR_COOLDOWN) {
        int64_t wait_ms = state->changeable_at_ms - req->now_ms;

        problem_time(req, "changeable_at", state->changeable_at_ms);
        problem_retry_after(req, (wait_ms + 999) / 1000);
    } else if (err == ERR_SLOT_LIMIT) {
        tell_limit(req, state);
    }
    return err == ERR_NO_SUCH_SHOP ? ERR_NO_SHOP : err;
}

enum err
api_slot_put(struct request *req)
{
    struct slot_put put;
    struct slot_state state;
    enum err err;

    if ((err = read_slot_put(req, &put)) != ERR_NONE ||
        (err = read_listed(req, &put)) != ERR_NONE) {
        return err;
    }
    err = change(req, slot_feature, &put.want, &state);
    if (err != ERR_NONE) {
        return refuse(req, err, &state);
    }
    return reply_json(
        req, 200, slot_doc(put.want.slot, product_list_doc(req, &put.product), &state));
}

enum err
api_slot_delete(struct request *req)
{
    struct slot_want want = { .slot = 0 };
    struct slot_state state;
    enum err err;

    if ((err = read_slot(req, &want)) != ERR_NONE) {
        return err;
    }
    err = change(req, slot_empty, &want, &state);
    return err == ERR_NONE ? reply_empty(req) : refuse(req, err, &state);
}
