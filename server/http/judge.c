/* server/http/judge.c - see the header. A proxy in front that disagrees with us about
 * where a request ends is a hole: when in doubt, refuse. */
#include "server/http/judge.h"

#include "server/http/head.h"
#include "server/http/scan.h"

enum { LENGTH_DIGITS_MAX = 15 };

struct verb {
    struct str name;
    enum method method;
};

static const struct verb served[] = {
    { { "GET", 3 }, METHOD_GET },         { { "HEAD", 4 }, METHOD_HEAD },
    { { "POST", 4 }, METHOD_POST },       { { "PUT", 3 }, METHOD_PUT },
    { { "PATCH", 5 }, METHOD_PATCH },     { { "DELETE", 6 }, METHOD_DELETE },
    { { "OPTIONS", 7 }, METHOD_OPTIONS },
};
/* Known to the world, but no address of ours has them: 405 rather than 501. */
static const char *const unserved[] = {
    "CONNECT", "TRACE",  "PROPFIND", "PROPPATCH", "MKCOL", "COPY", "MOVE",   "LOCK",
    "UNLOCK",  "SEARCH", "REPORT",   "ACL",       "PURGE", "LINK", "UNLINK",
};
enum {
    SERVED = sizeof served / sizeof served[0],
    UNSERVED = sizeof unserved / sizeof unserved[0]
};

static enum err
judge_method(struct str name, struct http_head *head)
{
    for (size_t i = 0; i < SERVED; i++) {
        if (str_equal(name, served[i].name)) {
            head->method = served[i].method;
            head->method_served = true;
            return ERR_NONE;
        }
    }
    for (size_t i = 0; i < UNSERVED; i++) {
        if (str_equal(name, str_from(unserved[i]))) {
            head->method_served = false;
            return ERR_NONE;
        }
    }
    for (size_t i = 0; i < name.len; i++) {
        if (!http_is_token_byte((unsigned char)name.data[i])) {
            return ERR_BAD_REQUEST;
        }
    }
    return name.len > 0 ? ERR_METHOD_UNKNOWN : ERR_BAD_REQUEST;
}

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static enum err
judge_version(struct str version, struct http_head *head)
{
    head->http_1_0 = str_equal(version, STR("HTTP/1.0"));
    if (head->http_1_0 || str_equal(version, STR("HTTP/1.1"))) {
        return ERR_NONE;
    }
    if (version.data == NULL) { /* HTTP/0.9 had none */
        return ERR_HTTP_VERSION;
    }
    return version.len == 8 && str_starts(version, STR("HTTP/")) &&
                   is_digit(version.data[5]) && version.data[6] == '.' &&
                   is_digit(version.data[7])
               ? ERR_HTTP_VERSION
               : ERR_BAD_REQUEST;
}

enum err
http_judge_line(struct str line, struct http_head *head)
{
    struct str method, target;
    enum err err;

    if (!str_split(&line, ' ', &method) || !str_split(&line, ' ', &target) ||
        target.len == 0) {
        return ERR_BAD_REQUEST;
    }
    if ((err = judge_version(line, head)) != ERR_NONE) {
        return err;
    }
    head->target = target;
    return judge_method(method, head);
}

/* Fields that say who asks, or what for: given twice, two readers may take two values. */
static const char *const singles[] = {
    "Authorization", "Content-Type",      "Idempotency-Key",   "If-Match",
    "webhook-id",    "webhook-timestamp", "webhook-signature",
};
enum { SINGLES = sizeof singles / sizeof singles[0] };

/* What the fields said so far. */
struct tally {
    unsigned singles; /* bits */
    int hosts;
    int lengths;
    int codings;
    bool wants_close;
    bool wants_keep;
};

static enum err
judge_length(struct str value, struct http_head *head)
{
    if (value.len == 0 || value.len > LENGTH_DIGITS_MAX || !is_digit(value.data[0]) ||
        !str_to_i64(value, &head->content_length)) {
        return ERR_BAD_REQUEST;
    }
    return ERR_NONE;
}

/* Exactly one "chunked"; another coding that is at least a list of tokens is one that
 * we do not have. */
static enum err
judge_coding(struct str value, struct http_head *head)
{
    if (str_equal_nocase(value, STR("chunked"))) {
        head->chunked = true;
        return ERR_NONE;
    }
    for (size_t i = 0; i < value.len; i++) {
        if (!http_is_token_byte((unsigned char)value.data[i])) {
            return ERR_BAD_REQUEST;
        }
    }
    return value.len > 0 ? ERR_NOT_IMPLEMENTED : ERR_BAD_REQUEST;
}

static void
read_connection(struct str value, struct tally *tally)
{
    struct str option;

    while (str_split(&value, ',', &option)) {
        option = str_trim(option);
        tally->wants_close |= str_equal_nocase(option, STR("close"));
        tally->wants_keep |= str_equal_nocase(option, STR("keep-alive"));
    }
}

static enum err
judge_expectation(struct str value, struct http_head *head)
{
    if (head->http_1_0) {
        return ERR_NONE;
    }
    head->expects_continue = str_equal_nocase(value, STR("100-continue"));
    return head->expects_continue ? ERR_NONE : ERR_EXPECTATION;
}

static enum err
judge_single(struct str name, struct tally *tally)
{
    for (unsigned i = 0; i < SINGLES; i++) {
        if (str_equal_nocase(name, str_from(singles[i]))) {
            if (tally->singles & 1U << i) {
                return ERR_BAD_REQUEST;
            }
            tally->singles |= 1U << i;
        }
    }
    return ERR_NONE;
}

static enum err
judge_field(const struct http_field *field, struct http_head *head, struct tally *tally)
{
    if (str_equal_nocase(field->name, STR("Host"))) {
        tally->hosts++;
        head->host = field->value;
        return http_authority_valid(field->value) ? ERR_NONE : ERR_BAD_REQUEST;
    }
    if (str_equal_nocase(field->name, STR("Content-Length"))) {
        tally->lengths++;
        return judge_length(field->value, head);
    }
    if (str_equal_nocase(field->name, STR("Transfer-Encoding"))) {
        tally->codings++;
        return judge_coding(field->value, head);
    }
    if (str_equal_nocase(field->name, STR("Connection"))) {
        read_connection(field->value, tally);
    } else if (str_equal_nocase(field->name, STR("Expect"))) {
        return judge_expectation(field->value, head);
    }
    return judge_single(field->name, tally);
}

enum err
http_judge_fields(struct http_head *head)
{
    struct tally tally = { 0 };
    enum err err;

    head->content_length = -1;
    for (size_t i = 0; i < head->field_count; i++) {
        if ((err = judge_field(&head->field[i], head, &tally)) != ERR_NONE) {
            return err;
        }
    }
    if (tally.hosts > 1 || (tally.hosts == 0 && !head->http_1_0) || tally.lengths > 1 ||
        tally.codings > 1 ||
        (tally.codings > 0 && (tally.lengths > 0 || head->http_1_0))) {
        return ERR_BAD_REQUEST;
    }
    head->keep_alive = !tally.wants_close && (!head->http_1_0 || tally.wants_keep);
    head->has_body = head->chunked || head->content_length > 0;
    return ERR_NONE;
}
