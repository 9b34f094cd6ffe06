/* test/unit/log_test.c - lines are whole JSON, and a stuck sink stops nobody. */
#include "base/log.h"

#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "test/support/unit.h"

/* Stderr becomes a pipe for the time of a test. */
struct capture {
    int pipe[2];
    int stderr_before;
};

static struct capture
capture_begin(void)
{
    struct capture capture;

    assert_int_equal(pipe(capture.pipe), 0);
    capture.stderr_before = dup(STDERR_FILENO);
    dup2(capture.pipe[1], STDERR_FILENO);
    return capture;
}

static void
capture_end(struct capture *capture)
{
    dup2(capture->stderr_before, STDERR_FILENO);
    close(capture->stderr_before);
    if (capture->pipe[0] >= 0) {
        close(capture->pipe[0]);
    }
    close(capture->pipe[1]);
}

static json_t *
read_line(struct capture *capture)
{
    char text[4096];
    size_t len = 0;
    json_t *line;

    do {
        assert_true(len < sizeof text && read(capture->pipe[0], text + len, 1) == 1);
    } while (text[len++] != '\n');
    line = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(line);
    return line;
}

static void
assert_text(const json_t *line, const char *name, const char *expected)
{
    assert_string_equal(json_string_value(json_object_get(line, name)), expected);
}

static void
a_line_names_its_fields(void **state UNUSED)
{
    struct capture capture = capture_begin();
    json_t *line;

    log_start("server", LOG_INFO);
    log_debug("too small to be said");
    log_info("listening", LOG_S("address", "127.0.0.1"), LOG_I("loops", -2));
    line = read_line(&capture);
    log_stop();
    capture_end(&capture);
    assert_text(line, "level", "info");
    assert_text(line, "process", "server");
    assert_text(line, "event", "listening");
    assert_text(line, "address", "127.0.0.1");
    assert_int_equal(json_integer_value(json_object_get(line, "loops")), -2);
    assert_int_equal(strlen(json_string_value(json_object_get(line, "at"))), 24);
    json_decref(line);
}

static void
hostile_and_long_text_stays_one_line_of_json(void **state UNUSED)
{
    struct capture capture = capture_begin();
    char longest[4000];
    json_t *line;

    memset(longest, '\x01', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    log_error("odd", LOG_S("quoted", "a\"b\\c\nd"), LOG_S("bytes", "\xff\xe5"),
              LOG_S("long", longest), LOG_S("word", "铺"));
    line = read_line(&capture);
    capture_end(&capture);
    assert_text(line, "quoted", "a\"b\\c\nd");
    assert_text(line, "bytes", "??");
    assert_text(line, "word", "铺");
    assert_null(json_object_get(line, "long"));
    json_decref(line);
}

static void
a_stuck_sink_drops_and_counts_and_stops_within_a_second(void **state UNUSED)
{
    struct capture capture = capture_begin();
    int64_t before = log_dropped();

    signal(SIGPIPE, SIG_IGN);
    log_start("server", LOG_INFO);
    for (int i = 0; i < 4000; i++) { /* over 64 KiB of pipe and twice 128 of ours */
        log_info("filling", LOG_S("text", "sixty-four bytes or so of text that fill"));
    }
    assert_true(log_dropped() > before);
    close(capture.pipe[0]); /* the sink breaks, and the thread ends */
    capture.pipe[0] = -1;
    log_stop();
    capture_end(&capture);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_names_its_fields),
        cmocka_unit_test(hostile_and_long_text_stays_one_line_of_json),
        cmocka_unit_test(a_stuck_sink_drops_and_counts_and_stops_within_a_second),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
