/* server/http/scan.c - see the header: a state a byte, with short cuts inside names and
 * values. */
#include "server/http/scan.h"

#include "server/http/head.h"

enum kind { TOKEN = 1, VALUE = 2, LINE = 4 };

// clang-format off
/* TOKEN, VALUE and LINE: where a byte may stand. */
static const unsigned char kinds[256] = {
    ['\t'] = 2, [' '] = 6, ['"'] = 6, ['('] = 6, [')'] = 6, [','] = 6, ['/'] = 6,
    [':'] = 6, [';'] = 6, ['<'] = 6, ['='] = 6, ['>'] = 6, ['?'] = 6, ['@'] = 6,
    ['['] = 6, ['\\'] = 6, [']'] = 6, ['{'] = 6, ['}'] = 6,
    ['!'] = 7, ['#'] = 7, ['$'] = 7, ['%'] = 7, ['&'] = 7, ['\''] = 7, ['*'] = 7,
    ['+'] = 7, ['-'] = 7, ['.'] = 7, ['^'] = 7, ['_'] = 7, ['`'] = 7, ['|'] = 7,
    ['~'] = 7,
    ['0' ... '9'] = 7, ['A' ... 'Z'] = 7, ['a' ... 'z'] = 7,
    [0x80 ... 0xff] = 2,
};
// clang-format on

bool
http_is_token_byte(unsigned char c)
{
    return kinds[c] & TOKEN;
}

static bool
is_value_byte(unsigned char c)
{
    return kinds[c] & VALUE;
}

static bool
is_line_byte(unsigned char c)
{
    return kinds[c] & LINE;
}

void
http_scan_head(struct http_scan *scan)
{
    *scan = (struct http_scan){ .state = SCAN_START,
                                .field_bytes_max = HTTP_FIELD_BYTES_MAX };
}

void
http_scan_trailers(struct http_scan *scan)
{
    *scan = (struct http_scan){ .state = SCAN_FIELD,
                                .field_bytes_max = HTTP_TRAILER_BYTES_MAX };
}

static enum http_scan_state
refuse(struct http_scan *scan, enum err err)
{
    scan->err = err;
    return scan->state;
}

static enum http_scan_state
expect(struct http_scan *scan, unsigned char c, char wanted, enum http_scan_state next)
{
    return c == (unsigned char)wanted ? next : refuse(scan, ERR_BAD_REQUEST);
}

static enum http_scan_state
in_line(struct http_scan *scan, unsigned char c)
{
    if (c == '\r') {
        return SCAN_LINE_LF;
    }
    if (++scan->line_bytes > HTTP_LINE_BYTES_MAX) {
        return refuse(scan, ERR_URI_TOO_LONG);
    }
    return is_line_byte(c) ? SCAN_LINE : refuse(scan, ERR_BAD_REQUEST);
}

/* The first byte of a field line: a folded line begins with white space, which is no
 * byte of a name; a colon would make the name empty. */
static enum http_scan_state
at_field(struct http_scan *scan, unsigned char c)
{
    if (c == '\r') {
        return SCAN_END_LF;
    }
    if (++scan->fields > HTTP_FIELDS_MAX) {
        return refuse(scan, ERR_HEADERS_TOO_LARGE);
    }
    return http_is_token_byte(c) ? SCAN_NAME : refuse(scan, ERR_BAD_REQUEST);
}

static enum http_scan_state
in_name(struct http_scan *scan, unsigned char c)
{
    if (c == ':') {
        return SCAN_VALUE;
    }
    return http_is_token_byte(c) ? SCAN_NAME : refuse(scan, ERR_BAD_REQUEST);
}

static enum http_scan_state
in_value(struct http_scan *scan, unsigned char c)
{
    if (c == '\r') {
        return SCAN_VALUE_LF;
    }
    return is_value_byte(c) ? SCAN_VALUE : refuse(scan, ERR_BAD_REQUEST);
}

static enum http_scan_state
next_state(struct http_scan *scan, unsigned char c)
{
    switch (scan->state) {
    case SCAN_START:
        return c == '\r' ? SCAN_START_LF : in_line(scan, c);
    case SCAN_START_LF:
        scan->skipped = 2;
        return expect(scan, c, '\n', SCAN_LINE_FIRST);
    case SCAN_LINE_FIRST:
        return c == '\r' ? refuse(scan, ERR_BAD_REQUEST) : in_line(scan, c);
    case SCAN_LINE:
        return in_line(scan, c);
    case SCAN_LINE_LF:
        return expect(scan, c, '\n', SCAN_FIELD);
    case SCAN_FIELD:
        return at_field(scan, c);
    case SCAN_NAME:
        return in_name(scan, c);
    case SCAN_VALUE:
        return in_value(scan, c);
    case SCAN_VALUE_LF:
        return expect(scan, c, '\n', SCAN_FIELD);
    case SCAN_END_LF:
        return expect(scan, c, '\n', SCAN_END);
    case SCAN_END:
        break;
    }
    return scan->state;
}

/* How many bytes of a kind stand here, at most `room`. */
static size_t
count_kind(struct str bytes, enum kind kind, size_t room)
{
    size_t end = bytes.len < room ? bytes.len : room;
    size_t i = 0;

    while (i < end && (kinds[(unsigned char)bytes.data[i]] & kind)) {
        i++;
    }
    return i;
}

/* Most bytes of a head change no state: they are passed over here, up to the limits,
 * where next_state() says what is wrong. */
static size_t
skip(struct http_scan *scan, struct str bytes)
{
    size_t room = scan->field_bytes_max - scan->field_bytes;
    size_t count = 0;

    if (scan->state == SCAN_LINE) {
        count = count_kind(bytes, LINE, HTTP_LINE_BYTES_MAX - scan->line_bytes);
        scan->line_bytes += (unsigned)count;
    } else if (scan->state == SCAN_NAME) {
        count = count_kind(bytes, TOKEN, room);
        scan->field_bytes += (unsigned)count;
    } else if (scan->state == SCAN_VALUE) {
        count = count_kind(bytes, VALUE, room);
        scan->field_bytes += (unsigned)count;
    }
    return count;
}

size_t
http_scan_feed(struct http_scan *scan, struct str bytes)
{
    size_t i = 0;

    while (i < bytes.len && scan->state != SCAN_END && scan->err == ERR_NONE) {
        bool in_fields = scan->state >= SCAN_FIELD;

        i += skip(scan, str_of(bytes.data + i, bytes.len - i));
        if (i == bytes.len) {
            break;
        }
        scan->state = next_state(scan, (unsigned char)bytes.data[i]);
        i++;
        if (in_fields && ++scan->field_bytes > scan->field_bytes_max &&
            scan->err == ERR_NONE) {
            scan->err = ERR_HEADERS_TOO_LARGE;
        }
    }
    return i;
}
