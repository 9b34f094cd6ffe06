/* storage/skew.c - is this machine's clock the store's? */
#include "storage/skew.h"

#include "base/clock.h"
#include "base/log.h"
#include "storage/store.h"

enum {
    COME_AGAIN_MS = 1000,
    FIRST_MS = 50,
    TOOK_MAX_MS = 1000 /* an answer that took longer says too little */
};

int64_t
skew_ms(const struct skew *skew)
{
    return skew->known ? skew->base_ms + clock_mono_ms() - clock_real_ms() : 0;
}

bool
skew_is_apart(int64_t ahead_ms)
{
    return ahead_ms > SKEW_MAX_MS || ahead_ms < -SKEW_MAX_MS;
}

enum err
skew_judge(const struct skew *skew)
{
    if (!skew->known) {
        return ERR_STORE_DOWN;
    }
    return skew_is_apart(skew_ms(skew)) ? ERR_CLOCK_SKEW : ERR_NONE;
}

/* As long as the store is away we go on from what we know. */
static void
look(struct store *store, struct skew *skew)
{
    int64_t begun_ms = clock_mono_ms(), ahead_ms;

    if (store_ready(store) && store_clock_skew(store, &ahead_ms) == ERR_NONE &&
        clock_mono_ms() - begun_ms <= TOOK_MAX_MS) {
        skew->base_ms = ahead_ms + clock_real_ms() - clock_mono_ms();
        skew->known = true;
        skew->look_at_ms = clock_mono_ms() + SKEW_LOOK_MS;
    }
}

static void
say(struct skew *skew)
{
    bool apart = skew_judge(skew) == ERR_CLOCK_SKEW;

    if (apart && !skew->apart) {
        log_error("this machine's clock is not the store's: nothing is done by it",
                  LOG_I("ahead_ms", skew_ms(skew)));
    } else if (!apart && skew->apart) {
        log_info("this machine's clock is the store's again");
    }
    skew->apart = apart;
}

int64_t
skew_follow(struct store *store, struct skew *skew)
{
    if (skew_judge(skew) != ERR_NONE || clock_mono_ms() >= skew->look_at_ms) {
        look(store, skew); /* waits */
    }
    say(skew);
    return skew->known ? COME_AGAIN_MS : FIRST_MS;
}
