/* storage/policy/holder.c - one policy in force, former ones while they are in use. */
#include "storage/policy/holder.h"

#include <assert.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/task.h"
#include "base/xmalloc.h"
#include "storage/key.h"
#include "storage/policy/policy.h"
#include "storage/redis/call.h"
#include "storage/store.h"

enum { READ_ARENA_BYTES = 1 << 20 };

struct held {
    struct policy *policy;
    size_t users; /* who took it, and one while it is in force */
    struct held *next;
};

struct policy_holder {
    struct store *store;
    struct watch *watch;
    struct held *held; /* the first is in force; NULL: none yet */
    bool reading;
    bool again;  /* it changed while we read */
    bool closed; /* read no more */
    void (*changed)(void *arg);
    void *arg;
    struct waits news; /* a policy came into force, or a reading ended */
};

static void
drop_unused(struct policy_holder *holder)
{
    for (struct held **at = &holder->held; *at != NULL;) {
        struct held *one = *at;

        if (one->users > 0) {
            at = &one->next;
            continue;
        }
        *at = one->next;
        policy_free(&one->policy);
        free(one);
    }
}

static void
put_in_force(struct policy_holder *holder, struct policy *policy)
{
    struct held *now = xcalloc(1, sizeof(*now));

    if (holder->held != NULL) {
        holder->held->users--;
    }
    now->policy = policy;
    now->users = 1;
    now->next = holder->held;
    holder->held = now;
    drop_unused(holder);
    waits_end(&holder->news);
    if (holder->changed != NULL) {
        holder->changed(holder->arg);
    }
}

/* While the store is away, or what it holds is damaged, the last good one stays. */
static void
read_once(struct policy_holder *holder)
{
    struct arena *arena = arena_new(READ_ARENA_BYTES);
    struct policy *policy;
    enum err err = policy_load(holder->store, arena, &policy);

    arena_free(&arena);
    if (err != ERR_NONE || holder->closed ||
        (holder->held != NULL && holder->held->policy->version == policy->version)) {
        policy_free(&policy);
        return;
    }
    log_info("policy_in_force", LOG_I("version", policy->version));
    put_in_force(holder, policy);
}

static void
read_until_quiet(struct policy_holder *holder)
{
    holder->reading = true;
    do {
        holder->again = false;
        read_once(holder);
    } while (holder->again && !holder->closed);
    holder->reading = false;
    waits_end(&holder->news);
}

static void
read_task(void *arg)
{
    read_until_quiet(arg);
}

static void
on_change(void *arg)
{
    struct policy_holder *holder = arg;

    if (holder->reading) {
        holder->again = true;
    } else {
        /* With no task to be had, the watch looks again within a second. */
        (void)task_start(store_loop(holder->store), read_task, holder);
    }
}

struct policy_holder *
policy_holder_open(struct store *store, void (*changed)(void *arg), void *arg)
{
    struct policy_holder *holder = xcalloc(1, sizeof(*holder));

    holder->store = store;
    holder->changed = changed;
    holder->arg = arg;
    holder->watch = store_watch(store, STR(KEY_POLICY), on_change, holder);
    return holder;
}

/* A reading ends: its calls have deadlines. */
static void
wait_until_idle(struct policy_holder *holder)
{
    while (holder->reading) {
        (void)waits_join(&holder->news, clock_mono_ms() + CALL_TIMEOUT_MS);
    }
}

static void
free_if_over(struct policy_holder *holder)
{
    drop_unused(holder);
    if (holder->closed && holder->held == NULL) {
        free(holder);
    }
}

void
policy_holder_close(struct policy_holder **holder)
{
    struct policy_holder *closing = *holder;

    *holder = NULL;
    if (closing == NULL) {
        return;
    }
    store_unwatch(&closing->watch);
    closing->closed = true;
    wait_until_idle(closing);
    if (closing->held != NULL) {
        closing->held->users--;
    }
    free_if_over(closing);
}

enum err
policy_holder_wait(struct policy_holder *holder, int timeout_ms)
{
    int64_t deadline_ms = clock_mono_ms() + timeout_ms;

    while (holder->held == NULL) {
        if (!waits_join(&holder->news, deadline_ms)) {
            return ERR_STORE_DOWN;
        }
    }
    return ERR_NONE;
}

bool
policy_holder_knows(const struct policy_holder *holder)
{
    return holder != NULL && holder->held != NULL;
}

const struct policy *
policy_take(struct policy_holder *holder)
{
    if (!policy_holder_knows(holder)) {
        return NULL;
    }
    holder->held->users++;
    return holder->held->policy;
}

void
policy_give(struct policy_holder *holder, const struct policy *policy)
{
    struct held *one;

    if (policy == NULL) {
        return;
    }
    one = holder->held;
    while (one != NULL && one->policy != policy) {
        one = one->next;
    }
    assert(one != NULL && one->users > 0);
    one->users--;
    free_if_over(holder);
}

void
policy_holder_refresh(struct policy_holder *holder)
{
    if (holder->reading) {
        holder->again = true;
        wait_until_idle(holder);
    } else {
        read_until_quiet(holder);
    }
}
