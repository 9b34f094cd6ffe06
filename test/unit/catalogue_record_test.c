/* test/unit/catalogue_record_test.c - products as they are kept, and how they are
 * settled against what was. */
#include <stdlib.h>

#include "storage/catalogue/record.h"
#include "test/support/unit.h"

static struct variant
variant_of(const char *option, const char *sku, int64_t price_fen)
{
    return (struct variant){ .option = { str_from(option) },
                             .sku = str_from(sku),
                             .price_fen = price_fen,
                             .exclusive_fen = PRICE_NONE,
                             .compare_fen = PRICE_NONE,
                             .stock = STOCK_OPEN };
}

static struct reply
text_reply(struct str text)
{
    return (struct reply){ .type = REPLY_STRING, .str = text };
}

/* The hash as the store gives it: doc and what else is set here. */
static enum err
read_doc(struct arena *arena, struct str doc, struct product *product)
{
    struct reply fields[] = {
        text_reply(STR("merchant")), text_reply(STR("513")),
        text_reply(STR("handle")),   text_reply(STR("mug")),
        text_reply(STR("doc")),      text_reply(doc),
        text_reply(STR("text")),     text_reply(STR("A mug.")),
        text_reply(STR("down")),     text_reply(STR("o")),
        text_reply(STR("version")),  text_reply(STR("3")),
        text_reply(STR("order")),    text_reply(STR("77")),
    };
    struct reply stock[] = { text_reply(STR("2")), text_reply(STR("4")) };
    struct reply hash = { .type = REPLY_ARRAY, .count = 14, .element = fields };
    struct reply counts = { .type = REPLY_ARRAY, .count = 2, .element = stock };
    struct reply parts[] = { text_reply(STR("ok")), hash, counts };
    struct reply whole = { .type = REPLY_ARRAY, .count = 3, .element = parts };

    return record_read(arena, &whole, product);
}

static void
a_product_comes_back_as_it_was_kept(void **state UNUSED)
{
    struct arena *arena = arena_new(1 << 20);
    struct variant variants[] = { variant_of("红", "A-1", 1250),
                                  variant_of("蓝", "A-2", 990) };
    struct product kept = { .title = STR("杯子 \"Mug\""),
                            .category = STR("居家/杯"),
                            .option_name = { STR("颜色") },
                            .image = { STR("https://a.example/1.jpg") },
                            .images = 1,
                            .commission_bps = RATE_DEFAULT,
                            .variants = variants,
                            .variant_count = 2,
                            .ids_given = 5 };
    struct product read;

    variants[0].id = 1;
    variants[1].id = 2;
    variants[1].exclusive_fen = 880;
    assert_int_equal(read_doc(arena, record_write(arena, &kept), &read), ERR_NONE);
    assert_true(str_equal(read.title, kept.title));
    assert_true(str_equal(read.image[0], kept.image[0]));
    assert_int_equal(read.variant_count, 2);
    assert_int_equal(read.ids_given, 5);
    assert_int_equal(read.commission_bps, RATE_DEFAULT);
    assert_int_equal(read.variants[0].stock, STOCK_OPEN);
    assert_int_equal(read.variants[1].stock, 4);
    assert_int_equal(product_cheapest(&read)->id, 2);
    assert_int_equal(variant_exclusive_fen(product_cheapest(&read)), 880);
    assert_int_equal(variant_exclusive_fen(&read.variants[0]), 1250);
    assert_false(product_is_listed(&read));
    /* the same content, the same bytes */
    assert_true(str_equal(record_write(arena, &kept), record_write(arena, &read)));
    arena_free(&arena);
}

static void
damaged_records_are_refused(void **state UNUSED)
{
    static const char *const docs[] = {
        "",
        "[]",
        "{}",
        "{\"title\":\"a\"}",
        "{\"title\":\"a\",\"variants\":[]}",
        "{\"title\":\"a\",\"variants\":[{\"id\":1}]}",
        "{\"title\":\"a\",\"variants\":[{\"id\":0,\"price\":1}]}",
        "{\"title\":\"a\",\"variants\":[{\"id\":1,\"price\":-1}]}",
        "{\"title\":\"a\",\"variants\":[{\"id\":1,\"price\":1,\"option\":[1]}]}",
        "{\"title\":1,\"variants\":[{\"id\":1,\"price\":1}]}",
        "{\"title\":\"a\",\"images\":[[]],\"variants\":[{\"id\":1,\"price\":1}]}",
    };

    for (size_t i = 0; i < sizeof docs / sizeof *docs; i++) {
        struct arena *arena = arena_new(1 << 20);
        struct product product;

        assert_int_equal(read_doc(arena, str_from(docs[i]), &product), ERR_BAD_DATA);
        arena_free(&arena);
    }
}

static struct product_change
change_of(struct variant *former, size_t former_count, struct variant *want,
          size_t want_count)
{
    return (struct product_change){
        .former = { .version = former_count > 0,
                    .variants = former,
                    .variant_count = former_count,
                    .ids_given = (int)former_count },
        .want = { .variants = want, .variant_count = want_count },
    };
}

static void
variants_keep_their_ids_by_option_and_then_by_number(void **state UNUSED)
{
    struct variant former[] = { variant_of("red", "1", 10), variant_of("blue", "2", 10),
                                variant_of("green", "3", 10) };
    struct variant want[] = { variant_of("black", "9", 11), variant_of("navy", "2", 12),
                              variant_of("red", "2", 13) };
    struct product_change change = change_of(former, 3, want, 3);

    for (int i = 0; i < 3; i++) {
        former[i].id = i + 1;
    }
    assert_int_equal(product_settle(&change), ERR_NONE);
    assert_int_equal(want[0].id, 4);
    assert_int_equal(want[1].id, 2);
    assert_int_equal(want[2].id, 1);
    assert_int_equal(change.want.ids_given, 4);
}

static void
a_variant_without_a_price_stays_as_it_was_or_goes(void **state UNUSED)
{
    struct variant former[] = { variant_of("red", "1", 10) };
    struct variant want[] = { variant_of("red", "", PRICE_NONE),
                              variant_of("blue", "", PRICE_NONE) };
    struct product_change change = change_of(former, 1, want, 2);

    former[0].id = 1;
    assert_int_equal(product_settle(&change), ERR_NONE);
    assert_int_equal(change.want.variant_count, 1);
    assert_int_equal(want[0].price_fen, 10);
    change = change_of(NULL, 0, want + 1, 1);
    want[1].price_fen = PRICE_NONE;
    assert_int_equal(product_settle(&change), ERR_INVALID_FIELD);
}

static void
a_named_id_must_be_there_and_once(void **state UNUSED)
{
    struct variant former[] = { variant_of("red", "1", 10) };
    struct variant want[] = { variant_of("crimson", "", 10), variant_of("x", "", 10) };
    struct product_change change = change_of(former, 1, want, 2);

    former[0].id = want[0].id = 1;
    assert_int_equal(product_settle(&change), ERR_NONE);
    assert_int_equal(want[1].id, 2);
    want[1].id = 1;
    assert_int_equal(product_settle(&change), ERR_INVALID_FIELD);
    want[1].id = 7;
    assert_int_equal(product_settle(&change), ERR_INVALID_FIELD);
}

static void
ids_are_used_again_only_when_all_were_given(void **state UNUSED)
{
    struct variant former[] = { variant_of("a", "", 10), variant_of("b", "", 10) };
    struct variant want[] = { variant_of("b", "", 10), variant_of("c", "", 10) };
    struct product_change change = change_of(former, 2, want, 2);

    former[0].id = VARIANTS_MAX;
    former[1].id = 1;
    change.former.ids_given = VARIANTS_MAX;
    assert_int_equal(product_settle(&change), ERR_NONE);
    assert_int_equal(want[0].id, 1);
    assert_int_equal(want[1].id, 2);
}

static void
handles_are_one_word_of_an_address(void **state UNUSED)
{
    char longest[HANDLE_BYTES_MAX + 1];

    memset(longest, 'x', sizeof longest);
    assert_true(product_handle_ok(STR("red-mug_1.0")));
    assert_true(product_handle_ok(STR("杯子")));
    assert_true(product_handle_ok(str_of(longest, HANDLE_BYTES_MAX)));
    assert_false(product_handle_ok(str_of(longest, HANDLE_BYTES_MAX + 1)));
    assert_false(product_handle_ok(STR("")));
    assert_false(product_handle_ok(STR("a b")));
    assert_false(product_handle_ok(STR("a/b")));
    assert_false(product_handle_ok(STR("..")));
    assert_false(product_handle_ok(STR("a\nb")));
    assert_false(product_handle_ok(STR("\xff")));
}

static void
stock_is_told_in_words(void **state UNUSED)
{
    struct variant variants[] = { variant_of("a", "", 1), variant_of("b", "", 1) };
    struct product product = { .variants = variants, .variant_count = 2 };

    assert_int_equal(product_stock_level(&product), STOCK_IN);
    variants[0].stock = 0;
    assert_int_equal(variant_stock_level(&variants[0]), STOCK_OUT);
    assert_int_equal(product_stock_level(&product), STOCK_IN);
    variants[1].stock = STOCK_LOW;
    assert_int_equal(product_stock_level(&product), STOCK_FEW);
    variants[1].stock = 0;
    assert_int_equal(product_stock_level(&product), STOCK_OUT);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_product_comes_back_as_it_was_kept),
        cmocka_unit_test(damaged_records_are_refused),
        cmocka_unit_test(variants_keep_their_ids_by_option_and_then_by_number),
        cmocka_unit_test(a_variant_without_a_price_stays_as_it_was_or_goes),
        cmocka_unit_test(a_named_id_must_be_there_and_once),
        cmocka_unit_test(ids_are_used_again_only_when_all_were_given),
        cmocka_unit_test(handles_are_one_word_of_an_address),
        cmocka_unit_test(stock_is_told_in_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
