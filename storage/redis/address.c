/* storage/redis/address.c - see the header. */
#include "storage/redis/address.h"

#include <arpa/inet.h>
#include <netdb.h>

#include "base/encode.h"
#include "base/task.h"

enum { PORT_DEFAULT = 6379 };

static bool
copy_text(struct str s, char out[ADDRESS_TEXT_MAX])
{
    if (s.len >= ADDRESS_TEXT_MAX || memchr(s.data, '\0', s.len) != NULL) {
        return false;
    }
    memcpy(out, s.data, s.len);
    out[s.len] = '\0';
    return true;
}

/* "%40" is '@', as in every URL. */
static bool
copy_decoded(struct str s, char out[ADDRESS_TEXT_MAX])
{
    size_t len = 0;

    for (size_t i = 0; i < s.len; i++) {
        uint8_t byte = (uint8_t)s.data[i];

        if (byte == '%') {
            if (i + 2 >= s.len || !decode_hex(str_of(s.data + i + 1, 2), &byte, 1)) {
                return false;
            }
            i += 2;
        }
        if (len + 1 >= ADDRESS_TEXT_MAX || byte == '\0') {
            return false;
        }
        out[len++] = (char)byte;
    }
    out[len] = '\0';
    return true;
}

static struct str
from(struct str s, size_t at)
{
    return (struct str){ s.data + at, s.len - at };
}

static bool
parse_port(struct str s, int *port)
{
    int64_t value;

    if (!str_to_i64(s, &value) || value < 1 || value > 65535) {
        return false;
    }
    *port = (int)value;
    return true;
}

/* host, host:port, [v6]:port */
static bool
parse_host(struct str s, struct address_host *at)
{
    struct str host = s;
    const char *end;

    at->port = PORT_DEFAULT;
    if (s.len > 0 && s.data[0] == '[') {
        end = memchr(s.data, ']', s.len);
        if (end == NULL) {
            return false;
        }
        host = str_of(s.data + 1, (size_t)(end - s.data) - 1);
        s = from(s, (size_t)(end - s.data) + 1);
        if (s.len > 0 && s.data[0] != ':') {
            return false;
        }
    } else {
        end = memchr(s.data, ':', s.len);
        host.len = end != NULL ? (size_t)(end - s.data) : s.len;
        s = from(s, host.len);
    }
    return host.len > 0 && copy_text(host, at->host) &&
           (s.len == 0 || parse_port(from(s, 1), &at->port));
}

/* The first, then others behind commas. */
static bool
parse_hosts(struct str s, struct address *address)
{
    struct address_host first;
    struct str part;

    if (!str_split(&s, ',', &part) || !parse_host(part, &first)) {
        return false;
    }
    memcpy(address->host, first.host, sizeof(address->host));
    address->port = first.port;
    while (str_split(&s, ',', &part)) {
        if (address->others == ADDRESS_OTHERS_MAX ||
            !parse_host(part, &address->other[address->others++])) {
            return false;
        }
    }
    return true;
}

static bool
parse_redis(struct str s, struct address *address)
{
    const char *at = memrchr(s.data, '@', s.len);

    if (s.len > 0 && s.data[s.len - 1] == '/') {
        s.len--;
    }
    if (at != NULL) {
        struct str who = str_of(s.data, (size_t)(at - s.data));
        const char *colon = memchr(who.data, ':', who.len);
        size_t user_len = colon != NULL ? (size_t)(colon - who.data) : who.len;

        if (colon == NULL || !copy_decoded(str_of(who.data, user_len), address->user) ||
            !copy_decoded(from(who, user_len + 1), address->password)) {
            return false;
        }
        s = from(s, who.len + 1);
    }
    return parse_hosts(s, address);
}

bool
address_parse(struct str url, struct address *address, const char **reason)
{
    *address = (struct address){ .is_unix = false };
    if (str_starts(url, STR("unix:"))) {
        address->is_unix = true;
        *reason = "the path of a socket has 1 to 107 bytes";
        url = from(url, 5);
        return url.len >= 1 && url.len <= UNIX_PATH_MAX &&
               copy_text(url, address->host);
    }
    *reason = "a store is redis://user:password@host:port[,host:port ..] or unix:PATH";
    return str_starts(url, STR("redis://")) && parse_redis(from(url, 8), address);
}

/* --- names --------------------------------------------------------------------------
 */
struct lookup {
    const char *name;
    char *numeric;
    bool found;
};

/* Runs on the thread pool: the resolver of the C library blocks. */
static void
look_up(void *arg)
{
    static const struct addrinfo wanted = { .ai_socktype = SOCK_STREAM };
    struct lookup *lookup = arg;
    struct addrinfo *found;

    if (getaddrinfo(lookup->name, NULL, &wanted, &found) != 0) {
        return;
    }
    lookup->found = getnameinfo(found->ai_addr, found->ai_addrlen, lookup->numeric,
                                ADDRESS_TEXT_MAX, NULL, 0, NI_NUMERICHOST) == 0;
    freeaddrinfo(found);
}

bool
address_resolve(const struct address *address, char numeric[ADDRESS_TEXT_MAX])
{
    struct lookup lookup = { address->host, numeric, false };
    uint8_t bytes[sizeof(struct in6_addr)];

    if (inet_pton(AF_INET, address->host, bytes) == 1 ||
        inet_pton(AF_INET6, address->host, bytes) == 1) {
        return copy_text(str_from(address->host), numeric);
    }
    return task_offload(look_up, &lookup) && lookup.found;
}
