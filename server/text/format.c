/* server/text/format.c - see the header. */
#include "server/text/format.h"

#include <assert.h>

#include "base/encode.h"
#include "proto/time.h"

enum { DATE_PLACES = 4, GROUP_DIGITS = 3, FEN_PER_YUAN = 100 };

struct str
format_number(struct arena *arena, int64_t value)
{
    char digits[ENCODE_DECIMAL_BYTES];
    size_t digit_count = encode_decimal(value, digits);
    size_t sign = value < 0 ? 1 : 0;
    size_t len = 0;
    char *out = arena_alloc(arena, digit_count + digit_count / GROUP_DIGITS + 1);

    for (size_t i = 0; i < digit_count; i++) {
        if (i > sign && (digit_count - i) % GROUP_DIGITS == 0) {
            out[len++] = ',';
        }
        out[len++] = digits[i];
    }
    return (struct str){ out, len };
}

struct str
format_money(struct arena *arena, int64_t fen)
{
    struct str yuan = format_number(arena, fen / FEN_PER_YUAN);

    assert(fen >= 0);
    if (fen % FEN_PER_YUAN == 0) {
        return yuan;
    }
    return arena_printf(arena, "%.*s.%02d", STR_ARGS(yuan), (int)(fen % FEN_PER_YUAN));
}

/* The date of a moment in UTC+8, as the places of a text. */
static void
date_places(struct arena *arena, enum language language, int64_t at_ms,
            struct text_place *places)
{
    char text[DAY_TEXT_BYTES];
    int64_t month = 0, day = 0;

    time_day_write(time_day(at_ms / 1000), text); /* YYYY-MM-DD */
    str_to_i64(str_of(text + 5, 2), &month);
    str_to_i64(str_of(text + 8, 2), &day);
    assert(month >= 1 && month <= 12);
    places[0] = (struct text_place){ "year", arena_dup(arena, str_of(text, 4)) };
    places[1] = (struct text_place){ "month", format_number(arena, month) };
    places[2] = (struct text_place){ "day", format_number(arena, day) };
    places[3] = (struct text_place){
        "name", str_from(text_of(language, (enum text)(TEXT_MONTH_1 + month - 1)))
    };
}

struct str
format_day(struct arena *arena, enum language language, int64_t at_ms, int64_t now_ms)
{
    struct text_place at[DATE_PLACES], now[DATE_PLACES];

    date_places(arena, language, at_ms, at);
    date_places(arena, language, now_ms, now);
    return text_fill(arena, language,
                     str_equal(at[0].value, now[0].value) ? TEXT_DAY : TEXT_DAY_OF_YEAR,
                     at, DATE_PLACES);
}

struct str
format_month(struct arena *arena, enum language language, int64_t at_ms)
{
    struct text_place at[DATE_PLACES];

    date_places(arena, language, at_ms, at);
    return text_fill(arena, language, TEXT_MONTH_OF_YEAR, at, DATE_PLACES);
}

struct str
format_duration(struct arena *arena, enum language language, int64_t s)
{
    static const struct {
        int64_t s;
        enum text one, many;
    } units[] = {
        { DAY_S, TEXT_ONE_DAY, TEXT_DAYS },
        { 3600, TEXT_ONE_HOUR, TEXT_HOURS },
        { 60, TEXT_ONE_MINUTE, TEXT_MINUTES },
        { 1, TEXT_ONE_SECOND, TEXT_SECONDS },
    };
    struct text_place count = { .name = "count" };
    size_t i = 0;

    while (s % units[i].s != 0 || (s == 0 && units[i].s > 1)) {
        i++;
    }
    count.value = format_number(arena, s / units[i].s);
    return text_fill(arena, language, s == units[i].s ? units[i].one : units[i].many,
                     &count, 1);
}
