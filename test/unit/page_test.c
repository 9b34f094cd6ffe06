/* test/unit/page_test.c - what pages say, seen without a store.
 *
 * With PAGES_OUT=DIRECTORY each page made here is also written there, to be looked at.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/embedded.h"
#include "server/page/view.h"
#include "test/unit/unit.h"

EMBEDDED(template)

enum { ARENA_BYTES = 16 << 20, PAGE_BYTES_MAX = 1 << 20, PAGE_BYTES_GOOD = 96 << 10 };

static const int64_t now_ms = INT64_C(1795276800000); /* 2026-11-22 */

static struct arena *arena;
static struct pages *pages;
static struct policy *policy;

static int
world_open(void **state UNUSED)
{
    arena = arena_new(ARENA_BYTES);
    pages = pages_new(STR("https://xiaopu.example"));
    policy = policy_default();
    return 0;
}

static int
world_close(void **state UNUSED)
{
    policy_free(&policy);
    pages_free(&pages);
    arena_free(&arena);
    return 0;
}

static struct view
view_at(const char *path, enum language language)
{
    return (struct view){ .arena = arena,
                          .pages = pages,
                          .policy = policy,
                          .language = language,
                          .now_ms = now_ms,
                          .path = str_from(path) };
}

static void
keep(const char *file, struct str html)
{
    const char *folder = getenv("PAGES_OUT");
    char path[512];
    FILE *out;

    if (folder != NULL) {
        snprintf(path, sizeof(path), "%s/%s.html", folder, file);
        out = fopen(path, "w");
        assert_non_null(out);
        fwrite(html.data, 1, html.len, out);
        fclose(out);
    }
}

static void
has(const char *html, const char *part)
{
    if (strstr(html, part) == NULL) {
        fail_msg("no %s in %s", part, html);
    }
}

static void
has_not(const char *html, const char *part)
{
    if (strstr(html, part) != NULL) {
        fail_msg("%s in %s", part, html);
    }
}

/* The page as text, in the arena. */
static const char *
rendered(const char *file, const char *name, const struct view *view,
         const struct value *values)
{
    struct buf html;
    const char *text;

    buf_init(&html, PAGE_BYTES_MAX);
    assert_true(pages_render(pages, name, view->language, values, &html));
    keep(file, buf_str(&html));
    assert_true(html.len < PAGE_BYTES_GOOD);
    text = arena_cstr(arena, buf_str(&html));
    has_not(text, "[[");
    buf_free(&html);
    return text;
}

/* --- a world to show -------------------------------------------------------------- */

static struct variant tea[] = {
    { .id = 1,
      .option = { STR("一两") },
      .price_fen = 4990,
      .exclusive_fen = 3990,
      .compare_fen = 5200,
      .stock = 40 },
    { .id = 2,
      .option = { STR("半斤") },
      .price_fen = 19900,
      .exclusive_fen = 17900,
      .compare_fen = PRICE_NONE,
      .stock = 3 },
};
static struct variant cup[] = { { .id = 1,
                                  .price_fen = 10800,
                                  .exclusive_fen = 8800,
                                  .compare_fen = PRICE_NONE,
                                  .stock = STOCK_OPEN } };
static struct variant fan[] = { { .id = 1,
                                  .price_fen = 1250,
                                  .exclusive_fen = PRICE_NONE,
                                  .compare_fen = 1500,
                                  .stock = 0 } };
static struct variant stone[] = { { .id = 1,
                                    .price_fen = 19999,
                                    .exclusive_fen = 19999,
                                    .compare_fen = PRICE_NONE,
                                    .stock = STOCK_OPEN } };

static const struct product goods[] = {
    { .id = { 1 * 256 + 3 },
      .title = STR("明前龙井 · 一两装"),
      .brand = STR("狮峰茶社"),
      .category = STR("茶"),
      .description = STR("清明前手采,当天炒制。\n冲泡水温 80 度。"),
      .url = STR("https://tea.example/p/7?ref=a#top"),
      .variants = tea,
      .variant_count = 2 },
    { .id = { 5 * 256 + 4 },
      .title = STR("龙泉青瓷品茗杯"),
      .variants = cup,
      .variant_count = 1 },
    { .id = { 2 * 256 + 5 },
      .title = STR("手工竹骨折扇"),
      .url = STR("https://fan.example/"),
      .variants = fan,
      .variant_count = 1 },
    { .id = { 7 * 256 + 6 },
      .title = STR("歙县老坑砚石,随形,带木座"),
      .variants = stone,
      .variant_count = 1 },
};

static const struct view_pick picks[] = {
    { &goods[0], STR("自己家里喝了五年的那一家。") },
    { .product = &goods[1] },
    { .product = &goods[2] },
    { .product = &goods[3] },
};

static struct view_shop
linjian(void)
{
    return (struct view_shop){
        .shop = { .number = { 10000427 },
                  .status = SHOP_OPEN,
                  .opened_at_ms = INT64_C(1773500000000),
                  .nickname = STR("林间小铺"),
                  .bio = STR("在杭州教书,周末上山收茶。只推自己家里也在用的东西。") },
        .figures = { .known = true,
                     .counted_sales_fen = 240000,
                     .influence = 823,
                     .rank = 37,
                     .as_of_ms = now_ms - INT64_C(518400000) },
        .picks = picks,
        .pick_count = COUNT(picks),
    };
}

/* --- the shop --------------------------------------------------------------------- */

static void
a_shop_page_shows_released_figures_and_picks(void **state UNUSED)
{
    struct view view = view_at("/s/10000427", LANGUAGE_ZH);
    struct view_shop shop = linjian();
    const char *html = rendered("shop", "shop", &view, view_shop(&view, &shop));

    has(html, "<html lang=\"zh-CN\">");
    has(html, "<h1>林间小铺</h1>");
    has(html, "购物号 10000427 · 2026 年 3 月开张");
    has(html, "约 2,400");
    has(html, "约 820");
    has(html, "第 37");
    has(html, "11 月 16 日公布");
    has(html, "4 件 · 每件至少放 3 天");
    has(html, "<i>¥</i>39.90");
    has(html, "别处 ¥52");
    has(html, "平常 ¥108");
    has(html, "已售罄");
    has(html, "自己家里喝了五年的那一家。");
    has(html, "href=\"/s/10000427/p/259\"");
    has(html, "href=\"/s/10000427?lang=en\"");
    has_not(html, "新店");
}

static void
a_shop_page_speaks_english_and_keeps_to_it(void **state UNUSED)
{
    struct view view = view_at("/s/10000427", LANGUAGE_EN);
    struct view_shop shop = linjian();
    const char *html;

    view.language_asked = true;
    shop.figures.visits = 1200;
    html = rendered("shop-en", "shop", &view, view_shop(&view, &shop));
    has(html, "<html lang=\"en\">");
    has(html, "about 2,400");
    has(html, "about 1,200");
    has(html, "Published 16 November");
    has(html, "4 picks · each stays at least 3 days");
    has(html, "href=\"/s/10000427/p/259?lang=en\"");
    has(html, "href=\"/rank?lang=en\"");
    has(html, "href=\"/s/10000427?lang=zh\"");
}

static void
a_shop_without_released_figures_is_new_and_shows_no_zero(void **state UNUSED)
{
    struct view view = view_at("/s/10000427", LANGUAGE_ZH);
    struct view_shop shop = linjian();
    const char *html;

    shop.figures = (struct released){ 0 };
    shop.pick_count = 0;
    html = rendered("shop-new", "shop", &view, view_shop(&view, &shop));
    has(html, "新店");
    has(html, "店主还在挑");
    has_not(html, "计入销售");
    has_not(html, "<dd>");
}

static void
a_suspended_shop_shows_nothing_to_buy(void **state UNUSED)
{
    struct view view = view_at("/s/10000427", LANGUAGE_ZH);
    struct view_shop shop = linjian();
    const char *html;

    shop.shop.status = SHOP_SUSPENDED;
    html = rendered("shop-suspended", "shop", &view, view_shop(&view, &shop));
    has(html, "已被运营方暂停");
    has_not(html, "class=\"card\"");
}

static void
what_is_shared_holds_no_figures(void **state UNUSED)
{
    struct view view = view_at("/s/10000427", LANGUAGE_ZH);
    struct view_shop shop = linjian();
    const char *html = rendered("shop", "shop", &view, view_shop(&view, &shop));
    char head[4096];
    const char *end = strstr(html, "</head>");

    assert_true(end != NULL && (size_t)(end - html) < sizeof(head));
    snprintf(head, sizeof(head), "%.*s", (int)(end - html), html);
    has(head, "property=\"og:url\" content=\"https://xiaopu.example/s/10000427\"");
    has(head, "property=\"og:title\" content=\"林间小铺 · 小铺\"");
    has_not(head, "820");
    has_not(head, "2,400");
    has_not(head, "37");
}

static void
a_weakened_gate_is_told_on_every_page(void **state UNUSED)
{
    struct view view = view_at("/s/10000427", LANGUAGE_ZH);
    struct view_shop shop = linjian();
    struct board rank = { 0 };
    struct policy weak = *policy;

    has_not(rendered("shop", "shop", &view, view_shop(&view, &shop)), "class=\"gate\"");
    weak.release.k_min = 1;
    view.policy = &weak;
    has(rendered("shop-weak", "shop", &view, view_shop(&view, &shop)),
        "class=\"gate\"");
    has(rendered("rank-weak", "rank", &view, view_rank(&view, &rank)),
        "class=\"gate\"");
    has(rendered("problem-weak", "problem", &view,
                 view_problem(&view, ERR_NOT_FOUND, 404, NULL)),
        "class=\"gate\"");
}

static void
what_a_cached_product_says_is_made_once_for_each_language(void **state UNUSED)
{
    struct product_memo memo = { .arena = arena_new(64 << 10) };
    struct product product = goods[0];
    const struct view_pick pick = { &product, STR("note") };
    struct view zh = view_at("/s/10000427", LANGUAGE_ZH);
    struct view en = view_at("/s/10000427", LANGUAGE_EN);
    struct view_shop shop = linjian();
    const char *without[2];

    shop.picks = &pick;
    shop.pick_count = 1;
    without[0] = rendered("card", "shop", &zh, view_shop(&zh, &shop));
    without[1] = rendered("card-en", "shop", &en, view_shop(&en, &shop));
    product.memo = &memo;
    zh.arena = en.arena = arena_new(ARENA_BYTES); /* of a request that ends */
    view_shop(&zh, &shop);
    view_shop(&en, &shop);
    arena_free(&zh.arena);
    zh.arena = en.arena = arena;
    for (int i = 0; i < 2; i++) {
        assert_string_equal(rendered("card", "shop", &zh, view_shop(&zh, &shop)),
                            without[0]);
        assert_string_equal(rendered("card-en", "shop", &en, view_shop(&en, &shop)),
                            without[1]);
        product.title = STR("other words"); /* which no cached product gets */
    }
    shop.shop.number.value++;
    has_not(rendered("card", "shop", &zh, view_shop(&zh, &shop)), "/s/10000427/p/");
    arena_free(&memo.arena);
}

static void
hostile_words_stay_words(void **state UNUSED)
{
    static struct variant variants[] = { { .id = 1,
                                           .price_fen = 1,
                                           .exclusive_fen = PRICE_NONE,
                                           .compare_fen = PRICE_NONE,
                                           .stock = STOCK_OPEN,
                                           .option = { STR("\"><b>") } },
                                         { .id = 2,
                                           .price_fen = 2,
                                           .exclusive_fen = PRICE_NONE,
                                           .compare_fen = PRICE_NONE,
                                           .stock = 1,
                                           .option = { STR("'") } } };
    const struct product rude = {
        .id = { 300 },
        .title = STR("<script>alert(1)</script>"),
        .brand = STR("\" onload=\"x"),
        .description = STR("</p><script>"),
        .url = STR("https://x.example/\"><script>"),
        .variants = variants,
        .variant_count = 2,
    };
    const struct view_pick bad = { &rude, STR("{{t.board}}<img src=x onerror=y>") };
    struct product odd = rude; /* as odd as an address may be that is led to */
    struct view view = view_at("/s/10000427", LANGUAGE_ZH);
    struct view_shop shop = linjian();
    const char *html[3];

    odd.url = STR("https://x.example/'(a)&lt;b?c='&d=%22%3Cscript%3E");
    shop.shop.nickname = STR("\"><script>x");
    shop.picks = &bad;
    shop.pick_count = 1;
    html[0] = rendered("hostile", "shop", &view, view_shop(&view, &shop));
    html[1] = rendered("hostile-product", "product", &view,
                       view_product(&view, &shop.shop, &bad, STR("<b>")));
    html[2] = rendered("hostile-go", "go", &view, view_go(&view, &shop.shop, &odd));
    for (size_t i = 0; i < COUNT(html); i++) {
        has_not(html[i], "<script");
        has_not(html[i], "<img src=x");
        has_not(html[i], "\" onload");
        has_not(html[i], "<b>\"");
    }
}

/* --- the product and the way to its store ------------------------------------------ */

static void
a_product_page_says_who_sells_at_what_price(void **state UNUSED)
{
    struct view view = view_at("/s/10000427/p/259", LANGUAGE_ZH);
    struct view_shop shop = linjian();
    const char *html =
        rendered("product", "product", &view,
                 view_product(&view, &shop.shop, &picks[0], STR("狮峰茶社旗舰店")));

    has(html, "<h1>明前龙井 · 一两装</h1>");
    has(html, "由 狮峰茶社旗舰店 发货并负责售后");
    has(html, "<i>¥</i>39.90<small> 起</small>");
    has(html, "小铺专属价");
    has(html, "href=\"/s/10000427/p/259/go\"");
    has(html, "“别处”的价格由商家提供。");
    has(html, "半斤");
    has(html, "所剩不多");
    has(html, "店主说");
}

static void
a_product_without_a_way_says_why(void **state UNUSED)
{
    struct view view = view_at("/s/10000427/p/1284", LANGUAGE_ZH);
    struct view_shop shop = linjian();
    const char *html = rendered("product-no-url", "product", &view,
                                view_product(&view, &shop.shop, &picks[1], STR("")));

    has(html, "商家还没有给出购买的地址。");
    has_not(html, "/go\"");
    html = rendered("product-sold-out", "product", &view,
                    view_product(&view, &shop.shop, &picks[2], STR("")));
    has(html, "商家补货之后才能购买。");
    has_not(html, "/go\"");
}

static void
the_way_out_names_the_host_and_carries_the_number(void **state UNUSED)
{
    struct view view = view_at("/s/10000427/p/259/go", LANGUAGE_ZH);
    struct view_shop shop = linjian();
    const char *html =
        rendered("go", "go", &view, view_go(&view, &shop.shop, picks[0].product));

    has(html, "前往 tea.example");
    has(html, "href=\"https://tea.example/p/7?ref=a&amp;xp=10000427#top\"");
    has(html, "name=\"robots\" content=\"noindex\"");
}

/* --- the board and faults ----------------------------------------------------------- */

static void
the_board_shows_places_and_when_they_were_made(void **state UNUSED)
{
    static const char *const names[] = { "林间小铺", "Quiet Corner", "阿婆家的灶台",
                                         "海边旧书", "茶与木" };
    static struct board_item places[300];
    struct view view = view_at("/rank", LANGUAGE_ZH);
    struct board rank = { .items = places,
                          .count = COUNT(places),
                          .release = { .number = 7,
                                       .as_of_ms = now_ms - INT64_C(518400000) },
                          .next_release_at_ms = now_ms + INT64_C(86400000) };
    const char *html;

    for (size_t i = 0; i < COUNT(places); i++) {
        places[i] = (struct board_item){
            .rank = (int64_t)i + 1,
            .number = { 10000128 + (int64_t)i * 257 },
            .nickname = arena_printf(arena, "%s %zu", names[i % COUNT(names)], i),
            .influence = 12345 - (int64_t)i * 41,
        };
    }
    html = rendered("rank", "rank", &view, view_rank(&view, &rank));
    has(html, "前 300 家小铺 · 11 月 16 日更新 · 下次 11 月 23 日");
    has(html, "12,345");
    has(html, "href=\"/s/10000128\"");
    rank.count = 5;
    view.language = LANGUAGE_EN;
    rendered("rank-en", "rank", &view, view_rank(&view, &rank));
}

static void
a_board_before_the_first_release_says_so(void **state UNUSED)
{
    struct view view = view_at("/rank", LANGUAGE_ZH);
    struct board rank = { 0 };

    has(rendered("rank-empty", "rank", &view, view_rank(&view, &rank)),
        "第一次公布之后");
}

static void
a_product_that_is_gone_shows_what_else_the_shop_has(void **state UNUSED)
{
    struct view view = view_at("/s/10000427/p/9", LANGUAGE_ZH);
    struct view_shop shop = linjian();
    const char *html = rendered("gone", "problem", &view,
                                view_problem(&view, ERR_PRODUCT_UNLISTED, 410, &shop));

    has(html, "410");
    has(html, "这件商品已下架");
    has(html, "店主的其他推荐");
    has(html, "手工竹骨折扇");
    has(html, "回到林间小铺");
    html = rendered("not-offered", "problem", &view, view_not_offered(&view, &shop));
    has(html, "404");
    has(html, "这家小铺没有推荐这件商品");
}

static void
a_fault_can_be_told_before_the_policy_is_known(void **state UNUSED)
{
    struct view view = view_at("//evil.example/\"><script>", LANGUAGE_EN);
    const char *html;

    view.policy = NULL;
    html = rendered("down", "problem", &view,
                    view_problem(&view, ERR_STORE_DOWN, 503, NULL));
    has(html, "503");
    has(html, "Not available just now");
    has(html, "Try again");
    has_not(html, "evil");
}

/* --- the templates themselves ------------------------------------------------------- */

static bool
is_text_key(struct str key)
{
    for (enum text text = 0; text < TEXT_COUNT; text++) {
        if (str_equal(key, str_from(text_key(text)))) {
            return true;
        }
    }
    return false;
}

/* Of a language's words, or the address of an asset. */
static bool
is_constant(struct str key)
{
    if (str_starts(key, STR("t."))) {
        return is_text_key(str_of(key.data + 2, key.len - 2));
    }
    return str_equal(key, STR("a.style")) || str_equal(key, STR("a.icon")) ||
           str_equal(key, STR("a.pictures"));
}

static void
templates_name_only_words_that_exist(void **state UNUSED)
{
    int seen = 0;

    for (size_t i = 0; i < embedded_template_count; i++) {
        const char *at = embedded_template[i].bytes.data;

        while ((at = strstr(at, "[[")) != NULL) {
            struct str key = { at + 2, strcspn(at + 2, "]") };

            if (!is_constant(key)) {
                fail_msg("%s has no word %.*s", embedded_template[i].name.data,
                         STR_ARGS(key));
            }
            at += 2;
            seen++;
        }
    }
    assert_true(seen > 30);
}

static void
templates_hold_no_code_and_quote_all_they_place(void **state UNUSED)
{
    static const char *const forbidden[] = { "<script", "<style",     " style=",
                                             "={{",     "=[[",        " onclick",
                                             " onload", "javascript:" };

    for (size_t i = 0; i < embedded_template_count; i++) {
        for (size_t f = 0; f < COUNT(forbidden); f++) {
            has_not(embedded_template[i].bytes.data, forbidden[f]);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_shop_page_shows_released_figures_and_picks),
        cmocka_unit_test(a_shop_page_speaks_english_and_keeps_to_it),
        cmocka_unit_test(a_shop_without_released_figures_is_new_and_shows_no_zero),
        cmocka_unit_test(a_suspended_shop_shows_nothing_to_buy),
        cmocka_unit_test(what_is_shared_holds_no_figures),
        cmocka_unit_test(a_weakened_gate_is_told_on_every_page),
        cmocka_unit_test(what_a_cached_product_says_is_made_once_for_each_language),
        cmocka_unit_test(hostile_words_stay_words),
        cmocka_unit_test(a_product_page_says_who_sells_at_what_price),
        cmocka_unit_test(a_product_without_a_way_says_why),
        cmocka_unit_test(the_way_out_names_the_host_and_carries_the_number),
        cmocka_unit_test(the_board_shows_places_and_when_they_were_made),
        cmocka_unit_test(a_board_before_the_first_release_says_so),
        cmocka_unit_test(a_product_that_is_gone_shows_what_else_the_shop_has),
        cmocka_unit_test(a_fault_can_be_told_before_the_policy_is_known),
        cmocka_unit_test(templates_name_only_words_that_exist),
        cmocka_unit_test(templates_hold_no_code_and_quote_all_they_place),
    };

    return cmocka_run_group_tests(tests, world_open, world_close);
}
