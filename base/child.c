/* base/child.c - see child.h. */
#include "base/child.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/xmalloc.h"

enum {
    BACK_OFF_FIRST_MS = 100,
    BACK_OFF_MAX_MS = 5000,
    LIVED_LONG_MS = 10000,
    SETPRIV_WORDS = 4
};

struct child {
    struct loop *loop;
    const char *name;
    char *argv[SETPRIV_WORDS + CHILD_ARGS_MAX + 1];
    char *dir;
    int fd;
    bool quiet;
    uv_process_t *process; /* NULL while it is down */
    uv_timer_t again;
    int64_t started_ms;
    uint64_t back_off_ms;
    bool keep;
    int status;
    struct wait *stopped; /* who waits for its end */
};

static bool spawn(struct child *child);

static void
on_process_closed(uv_handle_t *handle)
{
    free(handle);
}

static void
on_again(uv_timer_t *timer)
{
    struct child *child = timer->data;

    if (!spawn(child)) { /* no process to be had: try later */
        uv_timer_start(&child->again, on_again, BACK_OFF_MAX_MS, 0);
    }
}

/* Down by itself: up again after a while. */
static void
begin_again(struct child *child)
{
    if (clock_mono_ms() - child->started_ms >= LIVED_LONG_MS) {
        child->back_off_ms = BACK_OFF_FIRST_MS;
    }
    log_warn("child_ended", LOG_S("name", child->name), LOG_I("status", child->status),
             LOG_I("again_in_ms", (int64_t)child->back_off_ms));
    uv_timer_start(&child->again, on_again, child->back_off_ms, 0);
    child->back_off_ms *= 2;
    if (child->back_off_ms > BACK_OFF_MAX_MS) {
        child->back_off_ms = BACK_OFF_MAX_MS;
    }
}

static void
on_exit_of(uv_process_t *process, int64_t exit_status, int term_signal)
{
    struct child *child = process->data;

    child->process = NULL;
    child->status = term_signal ? 128 + term_signal : (int)exit_status;
    uv_close((uv_handle_t *)process, on_process_closed);
    if (child->stopped) {
        wait_end(child->stopped);
        child->stopped = NULL;
    } else if (child->keep) {
        begin_again(child);
    }
}

static bool
spawn(struct child *child)
{
    uv_stdio_container_t stdio[] = {
        { .flags = UV_IGNORE },
        { .flags = child->quiet ? UV_IGNORE : UV_INHERIT_FD, .data.fd = 2 },
        { .flags = UV_INHERIT_FD, .data.fd = 2 },
        { .flags = UV_INHERIT_FD, .data.fd = child->fd },
    };
    uv_process_options_t options = {
        .exit_cb = on_exit_of,
        .file = child->argv[0],
        .args = child->argv,
        .cwd = child->dir,
        .flags = UV_PROCESS_DETACHED, /* a session, and so a group, of its own */
        .stdio = stdio,
        .stdio_count = child->fd < 0 ? 3 : 4,
    };
    int code;

    child->process = xcalloc(1, sizeof(*child->process));
    child->process->data = child;
    child->started_ms = clock_mono_ms();
    code = uv_spawn(loop_uv(child->loop), child->process, &options);
    if (code < 0) {
        uv_close((uv_handle_t *)child->process, on_process_closed);
        child->process = NULL;
        errno = -code;
    }
    return code == 0;
}

static void
copy_words(struct child *child, const char *const *argv, bool brief)
{
    const char *const setpriv[SETPRIV_WORDS] = { "setpriv", "--pdeathsig",
                                                 brief ? "KILL" : "TERM", "--" };
    size_t count = 0;

    while (count < SETPRIV_WORDS) {
        child->argv[count] = xstrdup(setpriv[count]);
        count++;
    }
    for (size_t i = 0; argv[i]; i++) {
        assert(i < CHILD_ARGS_MAX);
        child->argv[count++] = xstrdup(argv[i]);
    }
}

static void
on_timer_closed(uv_handle_t *handle)
{
    struct child *child = handle->data;

    for (char **word = child->argv; *word; word++) {
        free(*word);
    }
    free(child->dir);
    free(child);
}

struct child *
child_start(struct loop *loop, const struct child_config *config)
{
    struct child *child = xcalloc(1, sizeof(*child));
    int why;

    child->loop = loop;
    child->name = config->name;
    child->dir = config->dir ? xstrdup(config->dir) : NULL;
    child->fd = config->fd;
    child->quiet = config->quiet;
    child->back_off_ms = BACK_OFF_FIRST_MS;
    copy_words(child, config->argv, config->brief);
    uv_timer_init(loop_uv(loop), &child->again);
    child->again.data = child;
    if (!spawn(child)) {
        why = errno;
        uv_close((uv_handle_t *)&child->again, on_timer_closed);
        errno = why;
        return NULL;
    }
    return child;
}

void
child_keep(struct child *child)
{
    child->keep = true;
    if (!child->process) {
        begin_again(child);
    }
}

void
child_signal(struct child *child, int signal_number)
{
    if (child->process) {
        uv_process_kill(child->process, signal_number);
    }
}

void
child_stop(struct child **child_at, int timeout_ms)
{
    struct child *child = *child_at;
    struct wait stopped = WAIT_INIT;

    if (!child) {
        return;
    }
    *child_at = NULL;
    if (child->process) {
        child->stopped = &stopped;
        uv_process_kill(child->process, SIGTERM);
        if (!wait_until(&stopped, clock_mono_ms() + timeout_ms)) {
            log_warn("child_killed", LOG_S("name", child->name));
            stopped = WAIT_INIT;
            uv_process_kill(child->process, SIGKILL);
            wait_for(&stopped);
        }
    }
    uv_close((uv_handle_t *)&child->again, on_timer_closed);
}

bool
child_alive(const struct child *child)
{
    return child->process != NULL;
}

int
child_status(const struct child *child)
{
    return child->status;
}
