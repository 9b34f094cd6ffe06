/* proto/money.c - decimals without floats. */
#include "proto/money.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

enum { EXPONENT_MAX = 30 };

/* A decimal number on its way in: digits without the point, and how many of them stand
 * behind it. */
struct decimal {
    int64_t digits;
    int scale;
};

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool
add_digit(struct decimal *decimal, char c)
{
    return !__builtin_mul_overflow(decimal->digits, 10, &decimal->digits) &&
           !__builtin_add_overflow(decimal->digits, c - '0', &decimal->digits);
}

/* A comma groups three digits: "1,234,567". One that stands elsewhere is refused, for
 * "12,50" is another country's 12.50. */
static bool
comma_groups(struct str s, size_t pos, bool grouped)
{
    size_t before = 0, after = 0;

    while (before < pos && is_digit(s.data[pos - 1 - before])) {
        before++;
    }
    while (pos + 1 + after < s.len && is_digit(s.data[pos + 1 + after])) {
        after++;
    }
    return before >= 1 && before <= 3 && (!grouped || before == 3) && after == 3;
}

/* The digits before the point. Zeros in front are no digits of the number. */
static bool
read_whole(struct str *s, struct decimal *out, size_t *count)
{
    bool grouped = false;
    size_t i;

    for (i = 0; i < s->len && (is_digit(s->data[i]) || s->data[i] == ','); i++) {
        if (s->data[i] == ',') {
            if (!comma_groups(*s, i, grouped)) {
                return false;
            }
            grouped = true;
        } else if (!add_digit(out, s->data[i])) {
            return false;
        } else {
            (*count)++;
        }
    }
    *s = str_of(s->data + i, s->len - i);
    return true;
}

/* The digits behind the point; zeros at the end say nothing and are left out. */
static bool
read_fraction(struct str *s, struct decimal *out, size_t *count)
{
    size_t i = 1, last = 0;

    if (s->len == 0 || s->data[0] != '.') {
        return true;
    }
    for (; i < s->len && is_digit(s->data[i]); i++) {
        last = s->data[i] == '0' ? last : i;
    }
    for (size_t k = 1; k <= last; k++) {
        if (!add_digit(out, s->data[k])) {
            return false;
        }
        out->scale++;
    }
    *count += i - 1;
    *s = str_of(s->data + i, s->len - i);
    return true;
}

/* "e2", "E-1": spreadsheets write large and small numbers so. */
static bool
read_exponent(struct str *s, struct decimal *out)
{
    struct str digits;
    int64_t exponent;

    if (s->len == 0 || (s->data[0] != 'e' && s->data[0] != 'E')) {
        return true;
    }
    digits = str_of(s->data + 1, s->len - 1);
    if (digits.len > 1 && digits.data[0] == '+' && is_digit(digits.data[1])) {
        digits = str_of(digits.data + 1, digits.len - 1);
    }
    if (!str_to_i64(digits, &exponent) || exponent < -EXPONENT_MAX ||
        exponent > EXPONENT_MAX) {
        return false;
    }
    out->scale -= (int)exponent;
    s->len = 0;
    return true;
}

static bool
read_decimal(struct str s, struct decimal *out)
{
    size_t count = 0;

    *out = (struct decimal){ 0, 0 };
    return read_whole(&s, out, &count) && read_fraction(&s, out, &count) && count > 0 &&
           read_exponent(&s, out) && s.len == 0;
}

/* The number times 100, which must be whole and at most max. */
static enum err
hundredths(struct decimal decimal, int64_t max, int64_t *out)
{
    int64_t value = decimal.digits;

    for (int scale = decimal.scale; scale > 2 && value != 0; scale--) {
        if (value % 10 != 0) {
            return ERR_INVALID_FIELD;
        }
        value /= 10;
    }
    for (int scale = decimal.scale; scale < 2 && value != 0; scale++) {
        if (__builtin_mul_overflow(value, 10, &value)) {
            return ERR_AMOUNT_RANGE;
        }
    }
    if (value > max) {
        return ERR_AMOUNT_RANGE;
    }
    *out = value;
    return ERR_NONE;
}

enum err
money_read_yuan(struct str s, int64_t *fen)
{
    static const struct str signs[] = { { "\xc2\xa5", 2 }, { "\xef\xbf\xa5", 3 } };
    struct decimal decimal;

    s = str_trim(s);
    for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) { /* U+A5, U+FFE5 */
        if (str_starts(s, signs[i])) {
            s = str_trim(str_of(s.data + signs[i].len, s.len - signs[i].len));
            break;
        }
    }
    if (!read_decimal(s, &decimal)) {
        return ERR_INVALID_FIELD;
    }
    return hundredths(decimal, MONEY_FEN_MAX, fen);
}

void
money_write_yuan(int64_t fen, char *out)
{
    assert(fen >= 0 && fen <= MONEY_FEN_MAX);
    snprintf(out, MONEY_TEXT_BYTES, "%" PRId64 ".%02d", fen / 100, (int)(fen % 100));
}

enum err
money_read_percent(struct str s, int64_t bps_max, int64_t *bps)
{
    struct decimal decimal;

    s = str_trim(s);
    if (s.len > 0 && s.data[s.len - 1] == '%') {
        s = str_trim(str_of(s.data, s.len - 1));
    }
    return read_decimal(s, &decimal) ? hundredths(decimal, bps_max, bps)
                                     : ERR_INVALID_FIELD;
}

static enum err
in_range(int64_t fen, int64_t *out_fen)
{
    if (fen < 0 || fen > MONEY_FEN_MAX) {
        return ERR_AMOUNT_RANGE;
    }
    *out_fen = fen;
    return ERR_NONE;
}

enum err
money_add(int64_t a_fen, int64_t b_fen, int64_t *out_fen)
{
    int64_t sum;

    return __builtin_add_overflow(a_fen, b_fen, &sum) ? ERR_AMOUNT_RANGE
                                                      : in_range(sum, out_fen);
}

enum err
money_sub(int64_t a_fen, int64_t b_fen, int64_t *out_fen)
{
    int64_t rest;

    return __builtin_sub_overflow(a_fen, b_fen, &rest) ? ERR_AMOUNT_RANGE
                                                       : in_range(rest, out_fen);
}

enum err
money_mul(int64_t price_fen, int64_t quantity, int64_t *out_fen)
{
    int64_t product;

    return __builtin_mul_overflow(price_fen, quantity, &product)
               ? ERR_AMOUNT_RANGE
               : in_range(product, out_fen);
}

enum err
money_share(int64_t amount_fen, int64_t rate_bps, int64_t *out_fen)
{
    int64_t product;

    assert(rate_bps >= 0 && rate_bps <= BPS_ONE);
    /* 10^12 * 10^4 fits; what does not was no amount. */
    return __builtin_mul_overflow(amount_fen, rate_bps, &product)
               ? ERR_AMOUNT_RANGE
               : in_range(product / BPS_ONE, out_fen);
}
