/* test/unit/picture_test.c - a product's drawing follows from its words. */
#include "server/page/picture.h"
#include "test/unit/unit.h"

static void
draws(const char *title, const char *category, const char *drawing)
{
    const struct product product = { .title = str_from(title),
                                     .category = str_from(category) };
    struct arena *arena = arena_new(4096);
    const char *drawn = picture_drawing(arena, &product);

    arena_free(&arena);
    if (drawing == NULL) {
        assert_null(drawn);
        return;
    }
    assert_non_null(drawn);
    assert_string_equal(drawn, drawing);
}

static void
the_narrower_word_decides(void **state UNUSED)
{
    draws("熟普洱茶饼 357 克", "食品/茶", "leaf");
    draws("茉莉花茶 250 克", "食品/茶", "leaf");
    draws("青瓷茶杯", "器具/杯", "cup");
    draws("中秋月饼", "食品", "cake");
}

static void
the_category_helps_out_and_unknown_goods_have_none(void **state UNUSED)
{
    draws("如意", "家饰", "vase");
    draws("竹茶盘", "器具/盘", NULL);
}

static void
latin_words_match_whole(void **state UNUSED)
{
    draws("Two MUGS", "", "cup");
    draws("Spotlessly plain", "", NULL);
    draws("teapots, not a mugshot; a Pen", "", "pot");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_narrower_word_decides),
        cmocka_unit_test(the_category_helps_out_and_unknown_goods_have_none),
        cmocka_unit_test(latin_words_match_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
