/* storage/catalogue/address.c - which addresses a product may name. Pure. */
#include "storage/catalogue/product.h"

#define LEADS_BY STR("https://")

enum { HOST_BYTES_MAX = 253, LABEL_BYTES_MAX = 63, OCTETS = 4 };

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool
is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c);
}

/* Printable ASCII without what browsers rewrite: they take '\' for '/', drop tabs and
 * line ends and trim spaces. With any of these the host a person reads might not be the
 * host that is asked. */
static bool
is_plain(struct str url)
{
    for (size_t i = 0; i < url.len; i++) {
        if (url.data[i] <= ' ' || url.data[i] == 0x7f ||
            strchr("\"<>\\^`{|}", url.data[i]) != NULL) {
            return false;
        }
    }
    return url.len <= PRODUCT_URL_BYTES_MAX;
}

/* What stands between the scheme, `at` bytes, and the path. */
static struct str
authority_of(struct str url, size_t at)
{
    size_t end = at;

    while (end < url.len && strchr("/?#", url.data[end]) == NULL) {
        end++;
    }
    return str_of(url.data + at, end - at);
}

/* --- pictures ----------------------------------------------------------------------- */
bool
product_image_ok(struct str url)
{
    size_t at = str_starts(url, STR("https://"))  ? 8
                : str_starts(url, STR("http://")) ? 7
                                                  : 0;
    struct str authority = authority_of(url, at);

    if (at == 0 || authority.len == 0 || !is_plain(url)) {
        return false;
    }
    for (size_t i = 0; i < authority.len; i++) {
        if (!is_alnum(authority.data[i]) &&
            strchr(".-:[]", authority.data[i]) == NULL) {
            return false;
        }
    }
    return true;
}

/* --- where people are led ----------------------------------------------------------- */
static bool
is_port(struct str port)
{
    int64_t value;

    return str_to_i64(port, &value) && value >= 1 && value <= 65535;
}

static bool
is_label(struct str label)
{
    for (size_t i = 0; i < label.len; i++) {
        if (!is_alnum(label.data[i]) && (i == 0 || label.data[i] != '-')) {
            return false;
        }
    }
    return label.len > 0 && label.len <= LABEL_BYTES_MAX;
}

/* As people write it: no leading zero, which browsers take for octal. */
static bool
is_octet(struct str label)
{
    int64_t value;

    return str_to_i64(label, &value) && value >= 0 && value <= 255 &&
           (label.data[0] != '0' || label.len == 1);
}

/* Of two labels or more. One that ends in a number is an address to browsers, which
 * read 1.2 as 1.0.0.2: then it must be a whole one. */
static bool
is_host(struct str host)
{
    struct str rest = host, label = { NULL, 0 };
    int labels = 0, octets = 0;

    if (host.len == 0 || host.len > HOST_BYTES_MAX) {
        return false;
    }
    while (str_split(&rest, '.', &label)) {
        if (!is_label(label)) {
            return false;
        }
        labels++;
        octets += is_octet(label);
    }
    return is_digit(label.data[0]) ? labels == OCTETS && octets == OCTETS : labels > 1;
}

struct str
product_url_host(struct str url)
{
    const struct str none = { NULL, 0 };
    struct str authority, rest, host;

    if (!str_starts(url, LEADS_BY) || !is_plain(url)) {
        return none;
    }
    authority = rest = authority_of(url, LEADS_BY.len);
    if (!str_split(&rest, ':', &host) || !is_host(host) ||
        (rest.data != NULL && !is_port(rest))) {
        return none;
    }
    return authority;
}
