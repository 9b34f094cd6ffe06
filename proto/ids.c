/* proto/ids.c - ids as decimal digits, and places that follow from words. */
#include "proto/ids.h"

#include <assert.h>

#include "base/crypto.h"

enum { WORDS_BYTES_MAX = 512 }; /* merchant, handle or sale id, user name */

static const int64_t id_end = INT64_C(1) << 53; /* Lua's doubles hold all below */

static bool
parse_id(struct str s, int64_t least, int64_t *id)
{
    int64_t value;

    if (s.len == 0 || s.len > ID_DIGITS_MAX || s.data[0] < '1' || s.data[0] > '9' ||
        !str_to_i64(s, &value) || value < least || value >= id_end) {
        return false;
    }
    *id = value;
    return true;
}

bool
shop_number_parse(struct str s, struct shop_number *number)
{
    int64_t value;

    if (!parse_id(s, SHOP_NUMBER_MIN, &value) || value > SHOP_NUMBER_MAX) {
        return false;
    }
    number->value = value;
    return true;
}

bool
product_id_parse(struct str s, struct product_id *id)
{
    return parse_id(s, PARTITIONS, &id->value);
}

bool
member_id_parse(struct str s, struct member_id *id)
{
    return parse_id(s, PARTITIONS, &id->value);
}

unsigned
partition_of_words(const struct str *parts, size_t count)
{
    uint8_t hash[SHA256_BYTES];
    char joined[WORDS_BYTES_MAX];
    size_t len = 0;

    for (size_t i = 0; i < count; i++) {
        assert(len + 1 + parts[i].len <= sizeof(joined));
        if (i > 0) {
            joined[len++] = '\0';
        }
        if (parts[i].len > 0) {
            memcpy(joined + len, parts[i].data, parts[i].len);
        }
        len += parts[i].len;
    }
    crypto_sha256(str_of(joined, len), hash);
    return hash[0];
}
