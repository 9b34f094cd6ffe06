/* proto/score/release.c - the privacy gate between live scores and public figures. */
#include "proto/score/release.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "base/crypto.h"
#include "proto/time.h"

enum { PARTS_MAX = 4, DECIMAL_BYTES = 24 };

/* 1970-01-05T04:00+08:00, a Monday. */
#define EPOCH_FIRST_S (4 * DAY_S - 4 * 3600)

uint64_t
release_u64(struct str key, const char *label, const struct str *parts, size_t count)
{
    struct str all[PARTS_MAX + 1];
    uint8_t mac[SHA256_BYTES];
    uint64_t value = 0;

    assert(count <= PARTS_MAX);
    all[0] = str_from(label);
    for (size_t i = 0; i < count; i++) {
        all[i + 1] = parts[i];
    }
    crypto_hmac(key, all, count + 1, true, mac);
    for (int i = 0; i < 8; i++) {
        value = value << 8 | mac[i];
    }
    return value;
}

/* The same with numbers, in decimal, for parts. */
static uint64_t
u64_of_numbers(struct str key, const char *label, const int64_t *numbers, size_t count)
{
    char text[PARTS_MAX][DECIMAL_BYTES];
    struct str parts[PARTS_MAX];

    assert(count <= PARTS_MAX);
    for (size_t i = 0; i < count; i++) {
        snprintf(text[i], DECIMAL_BYTES, "%" PRId64, numbers[i]);
        parts[i] = str_from(text[i]);
    }
    return release_u64(key, label, parts, count);
}

int
release_delay(struct str key, struct str sale, const struct release_params *params)
{
    uint64_t u = release_u64(key, "delay", &sale, 1);

    return (int)(u % (uint64_t)(params->delay_days_max + 1));
}

int
release_k(struct str key, int64_t shop, int64_t batch,
          const struct release_params *params)
{
    const int64_t of[] = { shop, batch };
    uint64_t span = (uint64_t)(params->k_max - params->k_min + 1);

    assert(params->k_max >= params->k_min);
    return params->k_min + (int)(u64_of_numbers(key, "k", of, 2) % span);
}

int64_t
release_geom(uint64_t u, int32_t b)
{
    double uniform = (double)((u >> 11) + 1) * 0x1p-53; /* in (0, 1] */

    return (int64_t)floor(-log(uniform) * (double)b);
}

static int64_t
two_sided(struct str key, const char *label, int64_t shop, int64_t number, int32_t b)
{
    const int64_t up[] = { shop, number, 1 }, down[] = { shop, number, 2 };

    if (b == 0) {
        return 0;
    }
    return release_geom(u64_of_numbers(key, label, up, 3), b) -
           release_geom(u64_of_numbers(key, label, down, 3), b);
}

int64_t
release_noise(struct str key, int64_t shop, int64_t batch,
              const struct release_params *params)
{
    return two_sided(key, "noise", shop, batch, params->noise_points);
}

int64_t
release_visit_noise(struct str key, int64_t shop, int64_t release,
                    const struct release_params *params)
{
    return two_sided(key, "vnoise", shop, release,
                     params->noise_points > 0 ? RELEASE_VISIT_NOISE_POINTS : 0);
}

int
release_buyers(const struct release_buyer *buyers, size_t count)
{
    int most = 0, here = 0;

    for (size_t i = 0; i < count; i++) {
        int64_t pending_fen = buyers[i].pending_fen;

        assert(i == 0 || buyers[i].period >= buyers[i - 1].period);
        if (i > 0 && buyers[i].period != buyers[i - 1].period) {
            here = 0;
        }
        if (buyers[i].counts && (pending_fen >= RELEASE_BUYER_MIN_FEN ||
                                 pending_fen <= -RELEASE_BUYER_MIN_FEN)) {
            here++;
        }
        most = here > most ? here : most;
    }
    return most;
}

static int64_t
clamp(int64_t value, int64_t most)
{
    return value > most ? most : value < -most ? -most : value;
}

static int64_t
floor_div(int64_t value, int64_t by)
{
    return value / by - (value % by < 0);
}

static bool
is_debt(const struct release_buyer *buyer, int32_t period_now)
{
    return buyer->pending_fen < 0 && buyer->period < period_now;
}

enum release_kind
release_judge(const struct release_buyer *buyers, size_t count, int k,
              int32_t period_now)
{
    if (count > 0 && release_buyers(buyers, count) >= k) {
        return RELEASE_ALL;
    }
    for (size_t i = 0; i < count; i++) {
        if (is_debt(&buyers[i], period_now)) {
            return RELEASE_DEBTS;
        }
    }
    return RELEASE_NOTHING;
}

int64_t
release_take_out(struct release_buyer *buyers, size_t count, enum release_kind kind,
                 int32_t period_now, const struct release_params *params)
{
    int64_t sum_fen = 0;

    for (size_t i = 0; i < count; i++) {
        struct release_buyer *buyer = &buyers[i];
        bool goes = kind == RELEASE_ALL ||
                    (kind == RELEASE_DEBTS && is_debt(buyer, period_now));

        buyer->released_fen = goes ? clamp(buyer->pending_fen, params->cap_fen) : 0;
        buyer->pending_fen -= buyer->released_fen;
        sum_fen += buyer->released_fen;
    }
    return sum_fen;
}

int64_t
release_points(int64_t sum_fen)
{
    return floor_div(sum_fen, 100);
}

enum release_kind
release_take(struct release_buyer *buyers, size_t count, int k, int32_t period_now,
             const struct release_params *params, int64_t *points)
{
    enum release_kind kind = release_judge(buyers, count, k, period_now);

    *points = release_points(release_take_out(buyers, count, kind, period_now, params));
    return kind;
}

int64_t
release_epoch_s(int64_t now_s, const struct release_params *params)
{
    return EPOCH_FIRST_S +
           floor_div(now_s - EPOCH_FIRST_S, params->interval_s) * params->interval_s;
}

int64_t
release_next_s(int64_t after_s, const struct release_params *params)
{
    return release_epoch_s(after_s, params) + params->interval_s;
}
