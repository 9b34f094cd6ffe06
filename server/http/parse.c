/* server/http/parse.c - see the header. llhttp starts anew for each request, so nothing
 * of one can colour the next. */
#include "server/http/parse.h"

#include <assert.h>

#include "server/http/judge.h"

#if LLHTTP_STRICT_MODE != 1
#error "llhttp must be compiled strict: RELIABILITY.md 2"
#endif

static struct http_parser *
parser_of(llhttp_t *raw)
{
    return raw->data;
}

/* llhttp may give a name or a value in pieces that touch. */
static void
extend(struct str *piece, const char *at, size_t len)
{
    if (piece->data == NULL) {
        piece->data = at;
    }
    piece->len = (size_t)(at + len - piece->data);
}

static int
on_field_name(llhttp_t *raw, const char *at, size_t len)
{
    struct http_head *head = parser_of(raw)->head;

    if (head->field_count == HTTP_FIELDS_MAX) {
        return HPE_USER;
    }
    extend(&head->field[head->field_count].name, at, len);
    return 0;
}

static int
on_field_value(llhttp_t *raw, const char *at, size_t len)
{
    struct http_head *head = parser_of(raw)->head;

    extend(&head->field[head->field_count].value, at, len);
    return 0;
}

static int
on_field_end(llhttp_t *raw)
{
    struct http_head *head = parser_of(raw)->head;
    struct http_field *field = &head->field[head->field_count++];

    field->value = field->value.data != NULL ? str_trim(field->value) : STR("");
    if (head->field_count < HTTP_FIELDS_MAX) {
        field[1] = (struct http_field){ 0 };
    }
    return 0;
}

static int
on_head_end(llhttp_t *raw)
{
    raw->upgrade = 0; /* an Upgrade field would stop the parser */
    parser_of(raw)->complete = true;
    return HPE_PAUSED;
}

static int
on_chunk(llhttp_t *raw)
{
    struct http_parser *parser = parser_of(raw);
    uint64_t left = (uint64_t)(parser->body_bytes_max - parser->body_bytes);

    if (raw->content_length > left) {
        parser->err = ERR_TOO_LARGE;
        return HPE_USER;
    }
    parser->chunks++;
    parser->at_trailers = raw->content_length == 0;
    return HPE_PAUSED;
}

static int
on_body(llhttp_t *raw, const char *at, size_t len)
{
    struct http_parser *parser = parser_of(raw);

    parser->body_bytes += (int64_t)len;
    parser->framing_bytes -= len;
    parser->sink(parser->arg, (struct str){ at, len });
    return 0;
}

static int
on_message_end(llhttp_t *raw)
{
    parser_of(raw)->complete = true;
    return HPE_PAUSED;
}

static const llhttp_settings_t settings = {
    .on_header_field = on_field_name,
    .on_header_value = on_field_value,
    .on_header_value_complete = on_field_end,
    .on_headers_complete = on_head_end,
    .on_chunk_header = on_chunk,
    .on_body = on_body,
    .on_message_complete = on_message_end,
};

void
http_parser_init(struct http_parser *parser)
{
    *parser = (struct http_parser){ .phase = HTTP_PHASE_HEAD };
    buf_init(&parser->partial, HTTP_LINE_BYTES_MAX + HTTP_FIELD_BYTES_MAX + 16);
    http_scan_head(&parser->scan);
}

void
http_parser_free(struct http_parser *parser)
{
    buf_free(&parser->partial);
}

bool
http_parser_midway(const struct http_parser *parser)
{
    return parser->phase != HTTP_PHASE_HEAD || parser->scan.state != SCAN_START;
}

static enum http_step
refuse(struct http_parser *parser, enum err err)
{
    if (parser->err == ERR_NONE) {
        parser->err = err;
    }
    parser->phase = HTTP_PHASE_REFUSED;
    return HTTP_STEP_REFUSED;
}

static struct str
take(struct str *bytes, size_t len)
{
    struct str taken = { bytes->data, len };

    bytes->data += len;
    bytes->len -= len;
    return taken;
}

/* Gives bytes to llhttp; how many it took before it was done or paused. */
static size_t
feed(struct http_parser *parser, struct str bytes, llhttp_errno_t *error)
{
    *error = llhttp_execute(&parser->raw, bytes.data, bytes.len);
    if (*error == HPE_OK) {
        return bytes.len;
    }
    return (size_t)(llhttp_get_error_pos(&parser->raw) - bytes.data);
}

static bool
feed_head(struct http_parser *parser, struct str raw, struct http_head *head)
{
    llhttp_errno_t error;
    size_t used;

    llhttp_init(&parser->raw, HTTP_REQUEST, (llhttp_settings_t *)(uintptr_t)&settings);
    parser->raw.data = parser;
    parser->complete = false;
    parser->head = head;
    head->field_count = 0;
    head->field[0] = (struct http_field){ 0 };
    used = feed(parser, raw, &error);
    parser->head = NULL;
    return error == HPE_PAUSED && parser->complete && used == raw.len;
}

static enum http_step
judge(struct http_parser *parser, struct str raw, struct http_head *head)
{
    const char *line_end;
    struct str line;
    enum err err;

    *head = (struct http_head){ .field = head->field };
    raw.data += parser->scan.skipped;
    raw.len -= parser->scan.skipped;
    line_end = memchr(raw.data, '\r', raw.len);
    assert(line_end != NULL); /* the scan saw it */
    line = (struct str){ raw.data, (size_t)(line_end - raw.data) };
    if ((err = http_judge_line(line, head)) != ERR_NONE) {
        return refuse(parser, err);
    }
    if (!feed_head(parser, raw, head)) {
        return refuse(parser, ERR_BAD_REQUEST);
    }
    if ((err = http_judge_fields(head)) != ERR_NONE) {
        return refuse(parser, err);
    }
    parser->has_body = head->has_body;
    parser->phase = HTTP_PHASE_JUDGED;
    return HTTP_STEP_HEAD;
}

static enum http_step
step_head(struct http_parser *parser, struct str *bytes, struct http_head *head)
{
    struct str taken = take(bytes, http_scan_feed(&parser->scan, *bytes));

    if (parser->scan.err != ERR_NONE) {
        return refuse(parser, parser->scan.err);
    }
    if (parser->scan.state == SCAN_END && parser->partial.len == 0) {
        return judge(parser, taken, head);
    }
    buf_put_str(&parser->partial, taken);
    if (parser->partial.full) {
        return refuse(parser, ERR_OVERLOADED);
    }
    return parser->scan.state == SCAN_END
               ? judge(parser, buf_str(&parser->partial), head)
               : HTTP_STEP_MORE;
}

void
http_parser_accept(struct http_parser *parser, int64_t body_bytes_max,
                   http_body_fn *sink, void *arg)
{
    assert(parser->phase == HTTP_PHASE_JUDGED);
    buf_free(&parser->partial);
    parser->phase = HTTP_PHASE_BODY;
    parser->body_bytes = 0;
    parser->body_bytes_max = body_bytes_max;
    parser->framing_bytes = 0;
    parser->chunks = 0;
    parser->at_trailers = false;
    parser->complete = !parser->has_body;
    parser->sink = sink;
    parser->arg = arg;
    llhttp_resume(&parser->raw);
}

static enum http_step
done(struct http_parser *parser)
{
    http_scan_head(&parser->scan);
    parser->phase = HTTP_PHASE_HEAD;
    return HTTP_STEP_DONE;
}

static bool
framing_too_large(const struct http_parser *parser)
{
    return parser->framing_bytes >
           HTTP_FRAMING_BYTES_MAX + parser->chunks * HTTP_FRAMING_BYTES_CHUNK;
}

static enum http_step
step_body(struct http_parser *parser, struct str *bytes)
{
    while (!parser->complete && bytes->len > 0) {
        llhttp_errno_t error;
        size_t used = feed(parser, *bytes, &error);

        parser->framing_bytes += used;
        take(bytes, used);
        if ((error != HPE_OK && error != HPE_PAUSED) || parser->err != ERR_NONE) {
            return refuse(parser, ERR_BAD_REQUEST);
        }
        if (framing_too_large(parser)) {
            return refuse(parser, ERR_TOO_LARGE);
        }
        llhttp_resume(&parser->raw);
        if (parser->at_trailers) {
            http_scan_trailers(&parser->scan);
            parser->phase = HTTP_PHASE_TRAILERS;
            return HTTP_STEP_MORE;
        }
    }
    return parser->complete ? done(parser) : HTTP_STEP_MORE;
}

/* Trailers are dropped: the scan alone says where they end and what is wrong with them,
 * so that llhttp, which sees a piece later than the scan, cannot say it otherwise. */
static enum http_step
step_trailers(struct http_parser *parser, struct str *bytes)
{
    take(bytes, http_scan_feed(&parser->scan, *bytes));
    if (parser->scan.err != ERR_NONE) {
        return refuse(parser, parser->scan.err);
    }
    return parser->scan.state == SCAN_END ? done(parser) : HTTP_STEP_MORE;
}

enum http_step
http_parser_step(struct http_parser *parser, struct str *bytes, struct http_head *head)
{
    enum http_step step = HTTP_STEP_MORE;

    if (parser->phase == HTTP_PHASE_HEAD) {
        return bytes->len > 0 ? step_head(parser, bytes, head) : HTTP_STEP_MORE;
    }
    assert(parser->phase == HTTP_PHASE_BODY || parser->phase == HTTP_PHASE_TRAILERS);
    if (parser->phase == HTTP_PHASE_BODY) {
        step = step_body(parser, bytes);
    }
    if (step == HTTP_STEP_MORE && parser->phase == HTTP_PHASE_TRAILERS &&
        bytes->len > 0) {
        step = step_trailers(parser, bytes);
    }
    return step;
}
