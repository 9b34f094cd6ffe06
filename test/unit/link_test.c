/* test/unit/link_test.c - links that leave us lead where people are told, and carry the
 * shop's number; codes to scan hold a link and nothing else. */
#include "base/buf.h"
#include "server/page/link.h"
#include "server/page/qr.h"
#include "test/unit/unit.h"

static struct arena *arena;

static int
arena_open(void **state UNUSED)
{
    arena = arena_new(1 << 20);
    return 0;
}

static int
arena_close(void **state UNUSED)
{
    arena_free(&arena);
    return 0;
}

static void
leads(const char *url, const char *with_number)
{
    const struct shop_number number = { 10000128 };
    struct str link = link_with_number(arena, str_from(url), number);

    assert_string_equal(arena_cstr(arena, link), with_number);
}

static void
the_number_joins_whatever_query_there_is(void **state UNUSED)
{
    leads("https://a.example/p/7", "https://a.example/p/7?xp=10000128");
    leads("https://a.example", "https://a.example/?xp=10000128");
    leads("https://a.example?x=1", "https://a.example/?x=1&xp=10000128");
    leads("https://a.example/p?x=1&y=2", "https://a.example/p?x=1&y=2&xp=10000128");
    leads("https://a.example/p?", "https://a.example/p?xp=10000128");
    leads("https://a.example/p?x=1&", "https://a.example/p?x=1&xp=10000128");
    leads("https://a.example:8443/p#f", "https://a.example:8443/p?xp=10000128#f");
    leads("https://a.example/p?x=1#f?g", "https://a.example/p?x=1&xp=10000128#f?g");
    leads("https://a.example/p#f?x=1", "https://a.example/p?xp=10000128#f?x=1");
    leads("https://a.example/p?a=b?c/d", "https://a.example/p?a=b?c/d&xp=10000128");
}

static void
another_shops_number_does_not_stay(void **state UNUSED)
{
    leads("https://a.example/p?xp=1", "https://a.example/p?xp=10000128");
    leads("https://a.example/p?a=1&xp=1&b=2&xp",
          "https://a.example/p?a=1&b=2&xp=10000128");
    leads("https://a.example/p?xpert=1", "https://a.example/p?xpert=1&xp=10000128");
}

static void
a_code_is_drawn_as_svg_and_png(void **state UNUSED)
{
    struct buf out;

    buf_init(&out, 1 << 16);
    assert_true(qr_svg(STR("https://xiaopu.example/s/10000128"), &out));
    assert_true(str_starts(buf_str(&out), STR("<svg xmlns=")));
    assert_true(out.len < 8192);
    buf_clear(&out);
    assert_true(qr_png(STR("https://xiaopu.example/s/10000128"), &out));
    assert_true(str_starts(buf_str(&out), STR("\x89PNG\r\n")));
    assert_true(out.len < 4096);
    buf_free(&out);
}

static void
a_link_too_long_for_a_code_is_refused(void **state UNUSED)
{
    static char longest[4000];
    struct buf out;

    memset(longest, 'a', sizeof(longest));
    buf_init(&out, 1 << 16);
    assert_false(qr_svg(str_of(longest, sizeof(longest)), &out));
    assert_false(qr_png(str_of(longest, sizeof(longest)), &out));
    assert_false(qr_svg(STR(""), &out));
    buf_free(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_number_joins_whatever_query_there_is),
        cmocka_unit_test(another_shops_number_does_not_stay),
        cmocka_unit_test(a_code_is_drawn_as_svg_and_png),
        cmocka_unit_test(a_link_too_long_for_a_code_is_refused),
    };

    return cmocka_run_group_tests(tests, arena_open, arena_close);
}
