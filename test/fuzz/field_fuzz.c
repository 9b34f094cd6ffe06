/* test/fuzz/field_fuzz.c - header fields that are read: cookies, what a client accepts,
 * entity tags, addresses behind proxies, tokens, signatures, agents.
 *
 * Input: lines, each a field's value; each value is read as every kind of field, and the
 * first two together where a field is compared with something. */
#include <string.h>

#include "base/buf.h"
#include "server/auth/cookie.h"
#include "server/auth/signature.h"
#include "server/http/accept.h"
#include "server/loop/crawler.h"
#include "server/net/address.h"
#include "storage/member/session.h"
#include "test/fuzz/fuzz.h"

enum { VALUE_BYTES_MAX = 4096 };

static bool
lies_in(struct str part, struct str whole)
{
    return part.data >= whole.data && part.data + part.len <= whole.data + whole.len;
}

/* A session's value is a piece of the field; without its name there is none. */
static void
read_cookies(struct str value)
{
    struct http_field field = { STR("cookie"), value };
    struct http_head head = { .field_count = 1, .field = &field };
    struct str plain = cookie_session(&head, true),
               secure = cookie_session(&head, false);

    assert(plain.data == NULL || lies_in(plain, value));
    assert(secure.data == NULL || lies_in(secure, value));
    assert(plain.data == NULL || memmem(value.data, value.len, "session=", 8) != NULL);
    assert(secure.data == NULL ||
           memmem(value.data, value.len, "__Host-session=", 15) != NULL);
}

static void
read_accepted(struct str value)
{
    static const char *const types[] = { "text/html", "application/json",
                                         "application/msgpack", NULL };
    int type = accept_type(value, types);
    enum coding coding = accept_coding(value);
    enum language language = accept_language(value);

    assert(type >= -1 && type < 3);
    assert(coding >= CODING_IDENTITY && coding < CODINGS);
    assert(language == LANGUAGE_ZH || language == LANGUAGE_EN);
}

/* The weak comparison takes whatever the strong one takes. */
static void
compare_etags(struct str list, struct str etag)
{
    assert(!etag_in_list(list, etag, true) || etag_in_list(list, etag, false));
}

/* What reads as an address is written as one that reads the same. */
static void
read_address(struct str value)
{
    struct address address, again;
    char text[ADDRESS_TEXT_BYTES];

    if (address_read(value, &address)) {
        address_write(&address, text);
        assert(address_read(str_from(text), &again));
        assert(memcmp(&address, &again, sizeof(address)) == 0);
        address_is_loopback(&address);
    }
}

/* Whoever is nobody's proxy is believed to be itself. */
static void
read_forwarded(struct str value, struct str list)
{
    struct proxy_ranges none = { 0 }, ranges = { 0 };
    struct address peer = { { [15] = 1 } }, found;
    char text[VALUE_BYTES_MAX + 1];

    found = address_behind(&none, peer, value);
    assert(memcmp(&found, &peer, sizeof(peer)) == 0);
    memcpy(text, list.data, list.len);
    text[list.len] = '\0';
    if (proxy_ranges_read(text, &ranges)) {
        assert(ranges.count <= PROXY_RANGES_MAX);
        address_behind(&ranges, peer, value);
    }
}

static void
read_token(struct str value)
{
    char hash[SESSION_HASH_CHARS + 1];

    if (session_token_hash(value, hash)) {
        assert(value.len == SESSION_TOKEN_CHARS && strlen(hash) == SESSION_HASH_CHARS);
        session_token_partition(value);
    }
}

/* Nobody knows the key: no signature holds. */
static void
judge_signature(struct str id, struct str timestamp, struct str signatures)
{
    const struct signed_message message = { id, timestamp, signatures, id };

    assert(signature_fault(&message, STR("a key of nobody"), 1767225600) != NULL);
}

static void
read_agent(struct str value)
{
    char text[VALUE_BYTES_MAX + 1];

    memcpy(text, value.data, value.len);
    text[value.len] = '\0';
    is_crawler(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str rest = str_of(data, size), value, first = STR("");

    while (size > 0 && size <= VALUE_BYTES_MAX && str_split(&rest, '\n', &value)) {
        read_cookies(value);
        read_accepted(value);
        compare_etags(value, first);
        read_address(value);
        read_forwarded(value, first);
        read_token(value);
        judge_signature(first, STR("1767225600"), value);
        judge_signature(STR("msg"), value, first);
        read_agent(value);
        first = value;
    }
    return 0;
}
