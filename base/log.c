/* base/log.c - lines are made where they are said, and written by a thread.
 *
 * The ring and its thread are the one piece of state that belongs to the process and
 * not to a struct handed down: a line must be sayable from anywhere. */
#include "base/log.h"

#include <assert.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/utf8.h"
#include "base/xmalloc.h"

enum {
    LINE_BYTES = 2048,
    TEXT_BYTES_MAX = 512,
    RING_BYTES = 128 << 10, /* twice: one half fills while the other is written */
    GATHER_MS = 5           /* the thread lets lines gather: one write for many */
};

struct line {
    char data[LINE_BYTES];
    size_t len;
};

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t thread;
    char *filling; /* NULL while no thread writes */
    char *writing;
    size_t len; /* of filling */
    int64_t dropped;
    bool waiting; /* the thread: for a first line */
    bool stopping;
    const char *process;
    enum log_level least;
} sink = { .lock = PTHREAD_MUTEX_INITIALIZER,
           .changed = PTHREAD_COND_INITIALIZER,
           .process = "xiaopu",
           .least = LOG_INFO };

/* --- one line: said for every request, so it is put together by hand ----------------
 */
/* False, and nothing was added, when it does not fit before the closing "}\n". */
static bool
add(struct line *line, const char *data, size_t len)
{
    if (len > LINE_BYTES - 2 - line->len) {
        return false;
    }
    memcpy(line->data + line->len, data, len);
    line->len += len;
    return true;
}

static bool
add_text(struct line *line, const char *text)
{
    return add(line, text, strlen(text));
}

static bool
add_number(struct line *line, int64_t number)
{
    char digits[ENCODE_DECIMAL_BYTES];

    return add(line, digits, encode_decimal(number, digits));
}

/* The first TEXT_BYTES_MAX bytes, without a character cut in two. */
static struct str
bounded(const char *text)
{
    struct str s = { text, strnlen(text, TEXT_BYTES_MAX + 1) };

    if (s.len > TEXT_BYTES_MAX) {
        s.len = TEXT_BYTES_MAX;
        while (s.len > 0 && ((unsigned char)s.data[s.len] & 0xC0) == 0x80) {
            s.len--;
        }
    }
    return s;
}

static bool
is_plain(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.data[i];

        if (c < 0x20 || c >= 0x7F || c == '"' || c == '\\') {
            return false;
        }
    }
    return true;
}

static bool
add_byte_escaped(struct line *line, unsigned char c, bool utf8)
{
    static const char hex[] = "0123456789abcdef";

    if (c == '"' || c == '\\') {
        return add(line, (const char[]){ '\\', (char)c }, 2);
    }
    if (c < 0x20 || c == 0x7F) {
        return add(line,
                   (const char[]){ '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] }, 6);
    }
    return add(line, (const char[]){ c < 0x80 || utf8 ? (char)c : '?' }, 1);
}

static bool
add_escaped(struct line *line, const char *text)
{
    struct str s = bounded(text);
    bool fits = true;
    bool utf8;

    if (is_plain(s)) {
        return add(line, s.data, s.len);
    }
    utf8 = utf8_valid(s);
    for (size_t i = 0; i < s.len && fits; i++) {
        fits = add_byte_escaped(line, (unsigned char)s.data[i], utf8);
    }
    return fits;
}

static void
add_field(struct line *line, const struct log_field *field)
{
    size_t before = line->len;
    bool fits =
        add(line, ",\"", 2) && add_text(line, field->name) && add(line, "\":", 2);

    if (field->text == NULL) {
        fits = fits && add_number(line, field->number);
    } else {
        fits = fits && add(line, "\"", 1) && add_escaped(line, field->text) &&
               add(line, "\"", 1);
    }
    if (!fits) {
        line->len = before; /* a line is whole JSON or it is of no use */
    }
}

/* "2026-11-21T08:00:00.000Z"; the seconds change seldom. */
static void
add_time(struct line *line)
{
    static _Thread_local struct {
        time_t s;
        char text[32];
    } last;
    int64_t now_ms = clock_real_ms();
    time_t now_s = (time_t)(now_ms / 1000);
    int ms = (int)(now_ms % 1000);
    struct tm utc;

    if (last.s != now_s) {
        last.s = now_s;
        gmtime_r(&now_s, &utc);
        strftime(last.text, sizeof last.text, "%Y-%m-%dT%H:%M:%S.", &utc);
    }
    add_text(line, last.text);
    add(line,
        (const char[]){ (char)('0' + ms / 100), (char)('0' + ms / 10 % 10),
                        (char)('0' + ms % 10), 'Z' },
        4);
}

static void
line_begin(struct line *line, enum log_level level, const char *event)
{
    static const char *const names[] = { "debug", "info", "warn", "error" };

    line->len = 0;
    add_text(line, "{\"at\":\"");
    add_time(line);
    add_text(line, "\",\"level\":\"");
    add_text(line, names[level]);
    add_text(line, "\",\"process\":\"");
    add_text(line, sink.process);
    add_text(line, "\",\"event\":\"");
    add_escaped(line, event);
    add(line, "\"", 1);
}

/* --- the two halves and their thread ------------------------------------------------
 */
static void
write_out(const char *data, size_t len)
{
    while (len > 0) {
        ssize_t written = write(STDERR_FILENO, data, len);

        if (written <= 0) {
            return; /* nobody to tell */
        }
        data += written;
        len -= (size_t)written;
    }
}

/* Waits for a first line. False when it is time to stop. */
static bool
wait_for_line(void)
{
    bool going_on;

    pthread_mutex_lock(&sink.lock);
    sink.waiting = true;
    while (sink.len == 0 && !sink.stopping) {
        pthread_cond_wait(&sink.changed, &sink.lock);
    }
    sink.waiting = false;
    going_on = !sink.stopping;
    pthread_mutex_unlock(&sink.lock);
    return going_on;
}

/* Takes what has gathered, so that the lock is not held while a stuck sink writes. */
static size_t
take_lines(void)
{
    char *full;
    size_t len;

    pthread_mutex_lock(&sink.lock);
    full = sink.filling;
    len = sink.len;
    sink.filling = sink.writing;
    sink.writing = full;
    sink.len = 0;
    pthread_mutex_unlock(&sink.lock);
    return len;
}

static void *
write_lines(void *unused)
{
    const struct timespec gather = { 0, GATHER_MS * 1000000L };
    size_t len;

    while (wait_for_line()) {
        nanosleep(&gather, NULL);
        len = take_lines();
        write_out(sink.writing, len);
    }
    len = take_lines();
    write_out(sink.writing, len);
    return unused;
}

/* False when nobody writes for us. */
static bool
hand_over(const struct line *line)
{
    bool started;

    pthread_mutex_lock(&sink.lock);
    started = sink.filling != NULL && !sink.stopping;
    if (started && line->len > RING_BYTES - sink.len) {
        sink.dropped++;
    } else if (started) {
        memcpy(sink.filling + sink.len, line->data, line->len);
        sink.len += line->len;
        if (sink.waiting) {
            pthread_cond_signal(&sink.changed);
        }
    }
    pthread_mutex_unlock(&sink.lock);
    return started;
}

void
log_line(enum log_level level, const char *event, const struct log_field *fields)
{
    struct line line;

    if (level < sink.least) {
        return;
    }
    line_begin(&line, level, event);
    for (; fields->name != NULL; fields++) {
        add_field(&line, fields);
    }
    memcpy(line.data + line.len, "}\n", 2);
    line.len += 2;
    if (!hand_over(&line)) {
        write_out(line.data, line.len);
    }
}

void
log_least(enum log_level least)
{
    sink.least = least;
}

static void
forget_halves(void)
{
    free(sink.filling);
    free(sink.writing);
    sink.filling = sink.writing = NULL;
}

void
log_start(const char *process, enum log_level least)
{
    assert(sink.filling == NULL);
    sink.process = process;
    sink.least = least;
    sink.stopping = false;
    sink.len = 0;
    sink.filling = xmalloc(RING_BYTES);
    sink.writing = xmalloc(RING_BYTES);
    if (pthread_create(&sink.thread, NULL, write_lines, NULL) != 0) {
        forget_halves(); /* lines are written at once, as before */
    }
}

void
log_stop(void)
{
    struct timespec until;

    if (sink.filling == NULL) {
        return;
    }
    pthread_mutex_lock(&sink.lock);
    sink.stopping = true;
    pthread_cond_signal(&sink.changed);
    pthread_mutex_unlock(&sink.lock);
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 1;
    if (pthread_timedjoin_np(sink.thread, NULL, &until) == 0) {
        forget_halves();
    } /* else the sink is stuck: its thread keeps the halves and ends with the process */
}

int64_t
log_dropped(void)
{
    int64_t dropped;

    pthread_mutex_lock(&sink.lock);
    dropped = sink.dropped;
    pthread_mutex_unlock(&sink.lock);
    return dropped;
}
