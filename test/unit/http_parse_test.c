/* test/unit/http_parse_test.c - what server/http/parse takes and what it refuses.
 *
 * Each case is fed whole, byte by byte, and cut at every position; the transcript must
 * be the same each time.
 */
#include <stdio.h>
#include <stdlib.h>

#include "server/http/parse.h"
#include "test/support/unit.h"

enum { BODY_MAX = 64, TRANSCRIPT_BYTES = 2048 };

struct story {
    struct buf text;
};

static void
tell_body(void *arg, struct str piece)
{
    struct story *story = arg;

    buf_put_str(&story->text, piece);
}

static bool
tell_step(struct story *story, struct http_parser *parser, enum http_step step,
          const struct http_head *head)
{
    switch (step) {
    case HTTP_STEP_HEAD:
        buf_printf(&story->text, "[%d %.*s host=%.*s fields=%zu%s%s%s]",
                   (int)head->method, STR_ARGS(head->target), STR_ARGS(head->host),
                   head->field_count, head->keep_alive ? "" : " close",
                   head->chunked ? " chunked" : "",
                   head->expects_continue ? " expects" : "");
        http_parser_accept(parser, BODY_MAX, tell_body, story);
        return true;
    case HTTP_STEP_DONE:
        buf_printf(&story->text, ".");
        return true;
    case HTTP_STEP_REFUSED:
        buf_printf(&story->text, "!%s", err_code(parser->err));
        return false;
    case HTTP_STEP_MORE:
        break;
    }
    return false;
}

/* Steps through a copy of exactly this many bytes, so that a sanitizer sees every read
 * past the end. */
static bool
tell_bytes(struct story *story, struct http_parser *parser, const char *data,
           size_t len)
{
    struct http_field fields[HTTP_FIELDS_MAX];
    struct http_head head = { .field = fields };
    char *copy = malloc(len > 0 ? len : 1);
    struct str bytes = { copy, len };
    enum http_step step;

    memcpy(copy, data, len);
    do {
        step = http_parser_step(parser, &bytes, &head);
    } while (tell_step(story, parser, step, &head));
    free(copy);
    return step != HTTP_STEP_REFUSED;
}

/* piece 0: cut in two at `cut`. */
static void
tell(struct story *story, struct str raw, size_t cut, size_t piece)
{
    struct http_parser parser;
    size_t at = 0;

    buf_clear(&story->text);
    http_parser_init(&parser);
    while (at < raw.len) {
        size_t len = piece > 0 ? piece : at < cut ? cut - at : raw.len - at;

        len = len > raw.len - at ? raw.len - at : len;
        if (!tell_bytes(story, &parser, raw.data + at, len)) {
            break;
        }
        at += len;
    }
    buf_put_char(&story->text, '\0');
    http_parser_free(&parser);
}

static void
expect_raw(struct str raw, const char *transcript)
{
    struct story story;

    buf_init(&story.text, 1 << 20);
    tell(&story, raw, raw.len, 0);
    assert_string_equal(story.text.data, transcript);
    tell(&story, raw, 0, 1);
    assert_string_equal(story.text.data, transcript);
    for (size_t cut = 1; cut<raw.len; cut += raw.len> 2000 ? 97 : 1) {
        tell(&story, raw, cut, 0);
        assert_string_equal(story.text.data, transcript);
    }
    buf_free(&story.text);
}

#define EXPECT(raw, transcript) expect_raw(STR(raw), transcript)
#define HOST                    "Host: a\r\n"
#define GET                     "GET / HTTP/1.1\r\n" HOST
#define POST                    "POST / HTTP/1.1\r\n" HOST
#define CHUNKED                 POST "Transfer-Encoding: chunked\r\n\r\n"
#define BAD                     "!bad_request"

static void
plain_requests_are_read(void **state UNUSED)
{
    EXPECT(GET "\r\n", "[0 / host=a fields=1].");
    EXPECT("\r\n" GET "\r\n", "[0 / host=a fields=1].");
    EXPECT("GET /x?y=1 HTTP/1.1\r\nHost:  a:80 \t\r\nA:\r\nB: \r\n\r\n",
           "[0 /x?y=1 host=a:80 fields=3].");
    EXPECT("GET / HTTP/1.0\r\n\r\n", "[0 / host= fields=0 close].");
    EXPECT("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", "[0 / host= fields=1].");
    EXPECT(GET "Connection: x, close\r\n\r\n", "[0 / host=a fields=2 close].");
    EXPECT("PROPFIND / HTTP/1.1\r\n" HOST "\r\n", "[0 / host=a fields=1].");
}

static void
requests_in_a_row_are_told_apart(void **state UNUSED)
{
    EXPECT(GET "\r\n" POST "Content-Length: 3\r\n\r\nabc" GET "\r\n",
           "[0 / host=a fields=1].[1 / host=a fields=2]abc.[0 / host=a fields=1].");
    EXPECT(GET "Connection: Upgrade\r\nUpgrade: x\r\n\r\n" GET "\r\n",
           "[0 / host=a fields=3].[0 / host=a fields=1].");
    EXPECT(GET "\r\n" GET " folded\r\n\r\n", "[0 / host=a fields=1]." BAD);
}

static void
bodies_are_delimited(void **state UNUSED)
{
    EXPECT(POST "Content-Length: 0\r\n\r\n", "[1 / host=a fields=2].");
    EXPECT(CHUNKED "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n" GET "\r\n",
           "[1 / host=a fields=2 chunked]abcde.[0 / host=a fields=1].");
    EXPECT(CHUNKED "0\r\nTrailer: x\r\nContent-Length: 9\r\n\r\n" GET "\r\n",
           "[1 / host=a fields=2 chunked].[0 / host=a fields=1].");
    EXPECT(CHUNKED "0\r\nTransfer-Encoding: x\r\nContent-Length: y\r\n\r\n" GET "\r\n",
           "[1 / host=a fields=2 chunked].[0 / host=a fields=1].");
    EXPECT(POST "Expect: 100-Continue\r\nContent-Length: 1\r\n\r\na",
           "[1 / host=a fields=3 expects]a.");
}

static void
unclear_lengths_are_refused(void **state UNUSED)
{
    EXPECT(POST "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", BAD);
    EXPECT(POST "Content-Length: 3, 3\r\n\r\nabc", BAD);
    EXPECT(POST "Content-Length: +3\r\n\r\nabc", BAD);
    EXPECT(POST "Content-Length: -3\r\n\r\nabc", BAD);
    EXPECT(POST "Content-Length: 0x3\r\n\r\nabc", BAD);
    EXPECT(POST "Content-Length:\r\n\r\nabc", BAD);
    EXPECT(POST "Content-Length: 99999999999999999999\r\n\r\n", BAD);
    EXPECT(POST "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", BAD);
    EXPECT(POST "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n", BAD);
    EXPECT(POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
           BAD);
    EXPECT(POST "Transfer-Encoding: gzip, chunked\r\n\r\n", BAD);
    EXPECT(POST "Transfer-Encoding: ,chunked\r\n\r\n", BAD);
    EXPECT(POST "Transfer-Encoding: chunked,\r\n\r\n", BAD);
    EXPECT(POST "Transfer-Encoding: \r\n\r\n", BAD);
    EXPECT(POST "Transfer-Encoding: \x0b"
                "chunked\r\n\r\n",
           BAD);
    EXPECT("POST / HTTP/1.0\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n", BAD);
}

static void
fields_that_decide_come_once(void **state UNUSED)
{
    EXPECT(GET "Authorization: a\r\nauthorization: a\r\n\r\n", BAD);
    EXPECT(GET "webhook-id: a\r\nWebhook-Id: b\r\n\r\n", BAD);
    EXPECT(GET "Accept: a\r\nAccept: b\r\n\r\n", "[0 / host=a fields=3].");
}

static void
other_codings_and_expectations_are_refused(void **state UNUSED)
{
    EXPECT(POST "Transfer-Encoding: xchunked\r\n\r\n", "!not_implemented");
    EXPECT(POST "Expect: 200-ok\r\n\r\n", "!expectation_failed");
    EXPECT("POST / HTTP/1.0\r\nExpect: x\r\n\r\n", "[1 / host= fields=1 close].");
}

static void
lines_that_parsers_read_differently_are_refused(void **state UNUSED)
{
    EXPECT(GET "A: b\r\n c\r\n\r\n", BAD);
    EXPECT(POST "Transfer-Encoding:\r\n chunked\r\n\r\n", BAD);
    EXPECT(POST "A: b\r\n Content-Length: 5\r\n\r\n", BAD);
    EXPECT(GET "A: b\r\n\tc\r\n\r\n", BAD);
    EXPECT("GET / HTTP/1.1\n" HOST "\r\n", BAD);
    EXPECT("GET / HTTP/1.1\r\nHost: a\n\r\n", BAD);
    EXPECT(GET "\n", BAD);
    EXPECT(GET "A: b\rX: y\r\n\r\n", BAD);
    EXPECT(GET "A: b\r\r\n\r\n", BAD);
    EXPECT(GET "A : b\r\n\r\n", BAD);
    EXPECT(GET ": b\r\n\r\n", BAD);
    EXPECT(GET "A\r\n\r\n", BAD);
    EXPECT(GET "A\x01: b\r\n\r\n", BAD);
    EXPECT(GET "A: \x01\r\n\r\n", BAD);
    EXPECT(GET "A: \x7f\r\n\r\n", BAD);
    EXPECT(GET "A: \0\r\n\r\n", BAD);
    EXPECT("\r\n\r\n" GET "\r\n", BAD);
    EXPECT("\n" GET "\r\n", BAD);
}

static void
request_lines_are_judged(void **state UNUSED)
{
    EXPECT("GET  / HTTP/1.1\r\n" HOST "\r\n", BAD);
    EXPECT("GET /  HTTP/1.1\r\n" HOST "\r\n", BAD);
    EXPECT("GET / HTTP/1.1 \r\n" HOST "\r\n", BAD);
    EXPECT(" GET / HTTP/1.1\r\n" HOST "\r\n", BAD);
    EXPECT("GET\t/ HTTP/1.1\r\n" HOST "\r\n", BAD);
    EXPECT("GET / HTTP/1.2\r\n" HOST "\r\n", "!http_version");
    EXPECT("GET / HTTP/2.0\r\n" HOST "\r\n", "!http_version");
    EXPECT("GET / HTTP/0.9\r\n" HOST "\r\n", "!http_version");
    EXPECT("GET /\r\n\r\n", "!http_version");
    EXPECT("GET / ICE/1.0\r\n" HOST "\r\n", BAD);
    EXPECT("SOURCE / ICE/1.0\r\n" HOST "\r\n", BAD);
    EXPECT("SETUP / RTSP/1.0\r\n" HOST "\r\n", BAD);
    EXPECT("GET / http/1.1\r\n" HOST "\r\n", BAD);
    EXPECT("get / HTTP/1.1\r\n" HOST "\r\n", "!method_unknown");
    EXPECT("BREW / HTTP/1.1\r\n" HOST "\r\n", "!method_unknown");
    EXPECT("G(T / HTTP/1.1\r\n" HOST "\r\n", BAD);
    EXPECT("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "!http_version");
}

static void
the_host_is_clear(void **state UNUSED)
{
    EXPECT("GET / HTTP/1.1\r\n\r\n", BAD);
    EXPECT("GET / HTTP/1.1\r\nHost:\r\n\r\n", BAD);
    EXPECT(GET HOST "\r\n", BAD);
    EXPECT("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", BAD);
    EXPECT("GET / HTTP/1.1\r\nHost: a,b\r\n\r\n", BAD);
    EXPECT("GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", BAD);
    EXPECT("GET / HTTP/1.1\r\nHost: a:\r\n\r\n", BAD);
    EXPECT("GET / HTTP/1.1\r\nHost: a:99999\r\n\r\n", BAD);
    EXPECT("GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", "[0 / host=[::1]:80 fields=1].");
}

static void
chunks_are_judged(void **state UNUSED)
{
    EXPECT(CHUNKED "3\r\nabcX", "[1 / host=a fields=2 chunked]abc" BAD);
    EXPECT(CHUNKED "3\nabc\r\n", "[1 / host=a fields=2 chunked]" BAD);
    EXPECT(CHUNKED "x\r\n", "[1 / host=a fields=2 chunked]" BAD);
    EXPECT(CHUNKED "-1\r\n", "[1 / host=a fields=2 chunked]" BAD);
    EXPECT(CHUNKED "\r\n", "[1 / host=a fields=2 chunked]" BAD);
    EXPECT(CHUNKED "ffffffffffffffffff\r\n", "[1 / host=a fields=2 chunked]" BAD);
    EXPECT(CHUNKED "ffffffffffffffff\r\n", "[1 / host=a fields=2 chunked]!too_large");
    EXPECT(CHUNKED "41\r\n", "[1 / host=a fields=2 chunked]!too_large");
    EXPECT(CHUNKED "0\r\n A: b\r\n\r\n", "[1 / host=a fields=2 chunked]" BAD);
    EXPECT(CHUNKED "0\r\nA: b\n\r\n", "[1 / host=a fields=2 chunked]" BAD);
    EXPECT(CHUNKED "0\r\n\n", "[1 / host=a fields=2 chunked]" BAD);
}

static struct str
repeat(const char *before, const char *piece, size_t times, const char *after)
{
    struct buf text;

    buf_init(&text, 1 << 20);
    buf_put_str(&text, str_from(before));
    for (size_t i = 0; i < times; i++) {
        buf_put_str(&text, str_from(piece));
    }
    buf_put_str(&text, str_from(after));
    return buf_str(&text);
}

static void
expect_repeat(const char *before, const char *piece, size_t times, const char *after,
              const char *transcript)
{
    struct str raw = repeat(before, piece, times, after);

    expect_raw(raw, transcript);
    free((void *)(uintptr_t)raw.data);
}

static void
limits_hold(void **state UNUSED)
{
    expect_repeat("GET /", "x", 9000, " HTTP/1.1\r\n" HOST "\r\n", "!uri_too_long");
    expect_repeat(GET "A: ", "x", 17000, "\r\n\r\n", "!headers_too_large");
    expect_repeat(GET, "A: x\r\n", 100, "\r\n", "!headers_too_large");
    expect_repeat(GET, "A: x\r\n", 99, "\r\n", "[0 / host=a fields=100].");
    expect_repeat(CHUNKED "1;", "x", 17000, "\r\na\r\n0\r\n\r\n",
                  "[1 / host=a fields=2 chunked]!too_large");
    expect_repeat(CHUNKED "0\r\nA: ", "x", 5000, "\r\n\r\n",
                  "[1 / host=a fields=2 chunked]!headers_too_large");
}

static void
llhttp_is_compiled_strict(void **state UNUSED)
{
    llhttp_settings_t none = { 0 };
    llhttp_t raw;
    struct str hidden = STR("GET / HTTP/1.1\r\nA: b\rContent-Length: 5\r\n\r\n");

    llhttp_init(&raw, HTTP_REQUEST, &none);
    assert_int_not_equal(llhttp_execute(&raw, hidden.data, hidden.len), HPE_OK);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_requests_are_read),
        cmocka_unit_test(requests_in_a_row_are_told_apart),
        cmocka_unit_test(bodies_are_delimited),
        cmocka_unit_test(unclear_lengths_are_refused),
        cmocka_unit_test(fields_that_decide_come_once),
        cmocka_unit_test(other_codings_and_expectations_are_refused),
        cmocka_unit_test(lines_that_parsers_read_differently_are_refused),
        cmocka_unit_test(request_lines_are_judged),
        cmocka_unit_test(the_host_is_clear),
        cmocka_unit_test(chunks_are_judged),
        cmocka_unit_test(limits_hold),
        cmocka_unit_test(llhttp_is_compiled_strict),
    };

    return cmocka_run_group_tests_name("http_parse", tests, NULL, NULL);
}
