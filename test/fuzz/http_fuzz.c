/* test/fuzz/http_fuzz.c - a connection's bytes, whole and cut: the same requests, the
 * same bodies, the same refusal. The first byte says how they are cut. */
#include <stdlib.h>

#include "base/xmalloc.h"
#include "server/http/parse.h"
#include "server/http/target.h"
#include "test/fuzz/fuzz.h"

enum { OUTCOME_BYTES_MAX = 1 << 20, BODY_BYTES_MAX = 4096, ARENA_BYTES_MAX = 1 << 20 };

/* Parses on until more bytes are needed, and writes down all that can be seen. */
struct reading {
    struct http_parser parser;
    struct http_field fields[HTTP_FIELDS_MAX];
    struct buf outcome;
    bool over;
};

static void
on_body(void *arg, struct str piece)
{
    struct reading *reading = arg;

    buf_put_str(&reading->outcome, piece);
}

static void
on_head(struct reading *reading, const struct http_head *head)
{
    struct arena *arena = arena_new(ARENA_BYTES_MAX);
    struct http_target target;
    struct query query;
    enum err err = http_target_read(arena, head->target, &target);

    buf_printf(&reading->outcome, "\n%d %d %d %zu|", (int)head->method, (int)err,
               head->keep_alive, head->field_count);
    if (err == ERR_NONE) {
        err = http_query_read(arena, target.query, &query);
        buf_printf(&reading->outcome, "%zu %d|", target.segment_count, (int)err);
    }
    buf_put_str(&reading->outcome, head->host);
    arena_free(&arena);
}

static void
feed(struct reading *reading, struct str bytes)
{
    struct http_head head = { .field = reading->fields };

    while (!reading->over) {
        switch (http_parser_step(&reading->parser, &bytes, &head)) {
        case HTTP_STEP_MORE:
            return;
        case HTTP_STEP_HEAD:
            on_head(reading, &head);
            http_parser_accept(&reading->parser, BODY_BYTES_MAX, on_body, reading);
            break;
        case HTTP_STEP_DONE:
            buf_put_str(&reading->outcome, STR("|done"));
            break;
        case HTTP_STEP_REFUSED:
            buf_printf(&reading->outcome, "|refused %d", (int)reading->parser.err);
            reading->over = true;
            break;
        }
        head = (struct http_head){ .field = reading->fields };
    }
}

static struct reading *
read_in_pieces(struct str bytes, size_t piece)
{
    struct reading *reading = xcalloc(1, sizeof(*reading));

    http_parser_init(&reading->parser);
    buf_init(&reading->outcome, OUTCOME_BYTES_MAX);
    for (size_t at = 0; at < bytes.len && !reading->over; at += piece) {
        size_t len = bytes.len - at < piece ? bytes.len - at : piece;
        char *copy = xmemdup(bytes.data + at, len); /* found out when it is kept */

        feed(reading, str_of(copy, len));
        free(copy);
    }
    return reading;
}

static void
reading_free(struct reading *reading)
{
    http_parser_free(&reading->parser);
    buf_free(&reading->outcome);
    free(reading);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str bytes;
    struct reading *whole, *cut;

    if (size == 0) {
        return 0;
    }
    bytes = str_of(data + 1, size - 1);
    whole = read_in_pieces(bytes, bytes.len + 1);
    cut = read_in_pieces(bytes, 1u + data[0] % 16);
    assert(str_equal(buf_str(&whole->outcome), buf_str(&cut->outcome)));
    reading_free(whole);
    reading_free(cut);
    return 0;
}
