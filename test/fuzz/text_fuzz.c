/* test/fuzz/text_fuzz.c - short texts that mean something: numbers, times, amounts, ids,
 * names, addresses, descriptions, queries. What is read and written again reads the
 * same, and nothing that is taken is longer or larger than its header promises.
 *
 * Input: any bytes, read as each kind of text. */
#include <string.h>

#include "base/encode.h"
#include "base/utf8.h"
#include "proto/ids.h"
#include "proto/money.h"
#include "proto/time.h"
#include "storage/catalogue/grams.h"
#include "storage/catalogue/html.h"
#include "storage/catalogue/index.h"
#include "storage/job/job.h"
#include "storage/member/username.h"
#include "storage/redis/address.h"
#include "storage/sale/sale.h"
#include "test/fuzz/fuzz.h"

enum { ARENA_BYTES_MAX = 8 << 20, TEXT_BYTES_MAX = 4096 };

static void
read_time(struct str s)
{
    char text[TIME_TEXT_BYTES], day_text[DAY_TEXT_BYTES];
    int64_t at_ms, again_ms;
    int32_t day, again_day;

    if (time_read(s, &at_ms)) {
        time_write(at_ms, text);
        assert(time_read(str_from(text), &again_ms) && again_ms == at_ms);
    }
    if (time_day_read(s, &day)) {
        time_day_write(day, day_text);
        assert(time_day_read(str_from(day_text), &again_day) && again_day == day);
        assert(time_day(time_day_starts_s(day)) == day);
    }
}

static void
read_money(struct str s)
{
    char text[MONEY_TEXT_BYTES];
    int64_t fen, again_fen, bps;

    if (money_read_yuan(s, &fen) == ERR_NONE) {
        assert(fen >= 0 && fen <= MONEY_FEN_MAX);
        money_write_yuan(fen, text);
        assert(money_read_yuan(str_from(text), &again_fen) == ERR_NONE);
        assert(again_fen == fen);
    }
    if (money_read_percent(s, BPS_ONE, &bps) == ERR_NONE) {
        assert(bps >= 0 && bps <= BPS_ONE);
    }
}

static void
read_ids(struct arena *arena, struct str s)
{
    struct shop_number shop;
    struct product_id product;
    struct member_id member;
    struct job_id job;
    int64_t number;

    if (str_to_i64(s, &number)) {
        int64_t again;

        assert(str_to_i64(arena_printf(arena, "%lld", (long long)number), &again));
        assert(again == number);
    }
    if (shop_number_parse(s, &shop)) {
        assert(str_equal(s, arena_printf(arena, "%lld", (long long)shop.value)));
        assert(s.len >= 8);
    }
    if (product_id_parse(s, &product)) {
        assert(str_equal(s, arena_printf(arena, "%lld", (long long)product.value)));
    }
    if (member_id_parse(s, &member)) {
        assert(str_equal(s, arena_printf(arena, "%lld", (long long)member.value)));
    }
    if (job_id_parse(s, &job)) {
        assert(str_equal(s, str_from(job.text)));
    }
}

static void
read_encoded(struct str s)
{
    uint8_t bytes[TEXT_BYTES_MAX];
    char text[ENCODE_BASE64_BYTES(TEXT_BYTES_MAX)];
    size_t len = sizeof(bytes);

    if (s.len % 2 == 0 && decode_hex(s, bytes, s.len / 2)) {
        encode_hex(str_of(bytes, s.len / 2), text);
        assert(str_equal_nocase(str_from(text), s));
    }
    if (decode_base64(s, bytes, &len)) {
        encode_base64(str_of(bytes, len), text);
        assert(str_equal(str_from(text), s));
    }
    len = sizeof(bytes);
    if (decode_base64url(s, bytes, &len)) {
        encode_base64url(str_of(bytes, len), text);
        assert(str_equal(str_from(text), s));
    }
}

/* What is taken as text is normal already when it is read again. */
static void
read_text(struct arena *arena, struct str s)
{
    struct str line, again, folded;

    for (int kind = UTF8_LINE; kind <= UTF8_PARAGRAPH; kind++) {
        if (utf8_text(arena, s, (enum utf8_text)kind, 1, 255, &line)) {
            assert(utf8_valid(line) && utf8_count(line) <= 255 && line.len > 0);
            assert(utf8_text(arena, line, (enum utf8_text)kind, 1, 255, &again));
            assert(str_equal(line, again));
        }
    }
    if (utf8_valid(s)) {
        folded = utf8_fold(arena, s);
        assert(utf8_valid(folded));
        assert(str_equal(utf8_fold(arena, folded), folded));
    }
}

static void
read_html(struct arena *arena, struct str s)
{
    struct str text;

    if (utf8_valid(s)) {
        text = html_to_text(arena, s);
        assert(text.len <= s.len && utf8_valid(text));
        assert(str_equal(html_to_text(arena, html_from_text(arena, text)), text));
    }
}

/* A title is found by itself, when it has words and they are not too many. */
static void
search(struct arena *arena, struct str s)
{
    struct str grams[GRAMS_MAX];
    struct query_words words;
    struct catalogue_cursor cursor, again;
    char text[CURSOR_TEXT_BYTES];

    if (utf8_valid(s)) {
        size_t count = grams_of_title(arena, s, grams);

        assert(count <= GRAMS_MAX);
        query_read(arena, s, &words);
        assert(words.words <= QUERY_WORDS_MAX && words.grams <= QUERY_GRAMS_MAX);
        assert(query_matches(arena, &words, s));
    }
    if (catalogue_cursor_read(s, &cursor)) {
        catalogue_cursor_write(&cursor, text);
        assert(catalogue_cursor_read(str_from(text), &again));
        assert(again.value == cursor.value && again.id.value == cursor.id.value);
    }
}

static void
read_names(struct arena *arena, struct str s)
{
    struct str folded, again;
    struct address address;
    const char *reason = NULL;

    if (username_fold(arena, s, &folded)) {
        assert(folded.len <= USERNAME_BYTES_MAX);
        assert(username_fold(arena, folded, &again) && str_equal(folded, again));
    }
    assert(!product_handle_ok(s) || (s.len >= 1 && s.len <= HANDLE_BYTES_MAX));
    assert(!product_image_ok(s) || s.len <= PRODUCT_URL_BYTES_MAX);
    assert(product_url_host(s).len == 0 || s.len <= PRODUCT_URL_BYTES_MAX);
    assert(!sale_id_ok(s) || (s.len >= 1 && s.len <= SALE_ID_BYTES_MAX));
    assert(address_parse(s, &address, &reason) || reason != NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new(ARENA_BYTES_MAX);
    struct str s = str_of(data, size);

    if (size <= TEXT_BYTES_MAX) {
        read_time(s);
        read_money(s);
        read_ids(arena, s);
        read_encoded(s);
        read_text(arena, s);
        read_html(arena, s);
        search(arena, s);
        read_names(arena, s);
    }
    arena_free(&arena);
    return 0;
}
