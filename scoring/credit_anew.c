/* scoring/credit_anew.c - other brackets or weights: credits anew from the sale rows. */
#include <inttypes.h>

#include "base/crypto.h"
#include "base/log.h"
#include "scoring/due.h"
#include "scoring/walk.h"

int64_t
due_fingerprint(struct str bytes)
{
    uint8_t digest[SHA256_BYTES];
    int64_t value = 0;

    crypto_sha256(bytes, digest);
    for (int i = 0; i < 6; i++) { /* Lua's doubles hold it */
        value = value << 8 | digest[i];
    }
    return value | 1;
}

int64_t
credits_fingerprint(const struct score_params *params)
{
    struct buf text;
    int64_t value;

    buf_init(&text, 4096);
    buf_printf(&text, "%d", (int)params->merchant_buyer_weight);
    for (size_t i = 0; i < params->buyer_weights; i++) {
        buf_printf(&text, " w%d", (int)params->buyer_weight[i].weight);
    }
    for (size_t i = 0; i < params->sales.count; i++) {
        buf_printf(&text, " b%" PRId64 " %d", params->sales.at[i].up_to,
                   (int)params->sales.at[i].permille);
    }
    value = due_fingerprint(buf_str(&text));
    buf_free(&text);
    return value;
}

static enum err
credit_shops(struct walk *walk)
{
    enum err err;

    for (size_t i = 0; i < walk->count; i++) {
        if (walk->shop[i]->stored) {
            load_for_recredit(&walk->load, walk->shop[i]);
        }
    }
    if ((err = walk_load(walk)) != ERR_NONE) {
        return err;
    }
    for (size_t i = 0; i < walk->count; i++) {
        if (walk->shop[i]->stored && !walk->shop[i]->damaged) {
            shop_recredit(&walk->batch, walk->shop[i]);
        }
    }
    return walk_write(walk, walk_writes(walk));
}

static enum err
credit_partition(struct scoring *scoring, struct partition *partition)
{
    struct walk walk;
    enum err err;

    log_info("crediting sales anew", LOG_I("partition", partition->number));
    walk_begin(&walk, scoring, partition);
    while ((err = walk_next(&walk)) == ERR_NONE && walk.count > 0 &&
           (err = credit_shops(&walk)) == ERR_NONE) {
    }
    walk_end(&walk);
    return err;
}

/* Notes it in a call of its own: the walk's writes come before. */
static enum err
note(struct scoring *scoring, struct partition *partition, int64_t value)
{
    struct arena *arena = arena_new(STEP_ARENA_BYTES);
    struct score_writes *writes =
        score_writes_new(arena, partition->number, &partition->applied.at);
    enum err err;

    score_write_applied(writes, "credits", value);
    err = partition_apply(scoring, partition, writes, NULL);
    if (err == ERR_NONE) {
        partition->applied.credits = value;
    }
    arena_free(&arena);
    return err;
}

enum err
due_credits(struct scoring *scoring, struct partition *partition)
{
    int64_t value = credits_fingerprint(&scoring->policy.score);
    enum err err;

    if (partition->applied.credits == value || partition->applied.credits == 0) {
        return ERR_NONE; /* 0: nothing was credited yet; the first day notes it */
    }
    err = credit_partition(scoring, partition);
    if (err == ERR_NONE) {
        return note(scoring, partition, value);
    }
    partition_forget(scoring, partition);
    return err;
}
