/* server/page/view.c - see the header. */
#include "server/page/view.h"

#include "base/encode.h"
#include "proto/score/figure.h"
#include "server/page/link.h"
#include "server/page/picture.h"
#include "server/text/format.h"

enum { MEMBERS = 16 }; /* of an object, at most or nearly */

/* --- small words ------------------------------------------------------------------ */

static void
put_words(struct value *value, const char *name, const char *text)
{
    value_put_text(value, name,
                   text != NULL ? str_from(text) : (struct str){ NULL, 0 });
}

static struct value *
object(const struct view *view)
{
    return value_object(view->arena, MEMBERS);
}

static const char *
words(const struct view *view, enum text text)
{
    return text_of(view->language, text);
}

/* A text with one place. */
static struct str
fill(const struct view *view, enum text text, const char *name, struct str value)
{
    const struct text_place place = { name, value };

    return text_fill(view->arena, view->language, text, &place, 1);
}

static struct str
fill_two(const struct view *view, enum text text, struct text_place a,
         struct text_place b)
{
    const struct text_place places[] = { a, b };

    return text_fill(view->arena, view->language, text, places, 2);
}

static struct str
number_text(const struct view *view, int64_t number)
{
    char digits[ENCODE_DECIMAL_BYTES];

    return arena_dup(view->arena, str_of(digits, encode_decimal(number, digits)));
}

static struct str
join(const struct view *view, struct str a, struct str b)
{
    const struct str both[] = { a, b };

    return arena_join(view->arena, both, 2);
}

/* --- what all pages have ---------------------------------------------------------- */

static const char *
lang_query(const struct view *view)
{
    if (!view->language_asked) {
        return "";
    }
    return view->language == LANGUAGE_EN ? "?lang=en" : "?lang=zh";
}

static struct str
site_name(const struct view *view)
{
    return view->policy != NULL && view->policy->site.name.len > 0
               ? view->policy->site.name
               : str_from(words(view, TEXT_SITE));
}

static struct value *
site_value(const struct view *view, bool other_language)
{
    struct value *site = object(view);
    const struct policy *policy = view->policy;

    value_put_text(site, "name", site_name(view));
    put_words(site, "query", lang_query(view));
    value_put_bool(site, "weakened",
                   policy != NULL && policy_gate(policy) == GATE_WEAKENED);
    if (other_language) {
        value_put_text(site, "other",
                       join(view, join(view, view->path, STR("?lang=")),
                            str_from(words(view, TEXT_OTHER_LANG))));
    }
    if (policy != NULL) {
        value_put_text(site, "operator", policy->site.operator_name);
        value_put_text(site, "contact", policy->site.contact);
        value_put_text(site, "icp", policy->site.icp);
        if (str_starts(policy->site.terms_url, STR("https://"))) {
            value_put_text(site, "terms_url", policy->site.terms_url);
        }
    }
    return site;
}

/* A page's outermost values. With `text` it may be shared and found. */
static struct value *
page_value(const struct view *view, struct str title, struct str text)
{
    struct value *page = object(view);

    value_put_text(page, "title", title);
    value_put(page, "site", site_value(view, true));
    if (text.len > 0) {
        struct value *share = object(view);

        value_put_text(share, "url", pages_link(view->pages, view->arena, view->path));
        value_put_text(share, "text", text);
        value_put(page, "share", share);
    }
    return page;
}

/* --- a shop ----------------------------------------------------------------------- */

static struct str
shop_path(const struct view *view, const struct shop *shop)
{
    return join(view, STR("/s/"), number_text(view, shop->number.value));
}

static struct str
product_path(const struct view *view, const struct shop *shop, struct product_id id)
{
    return join(view, join(view, shop_path(view, shop), STR("/p/")),
                number_text(view, id.value));
}

static struct str
with_lang(const struct view *view, struct str path)
{
    return join(view, path, str_from(lang_query(view)));
}

static const char *
shop_notice(const struct view *view, const struct shop *shop)
{
    switch (shop->status) {
    case SHOP_RESTING:
        return words(view, TEXT_RESTING);
    case SHOP_SUSPENDED:
        return words(view, TEXT_SUSPENDED);
    default:
        return NULL;
    }
}

static struct value *
shop_value(const struct view *view, const struct shop *shop)
{
    struct value *doc = object(view);
    struct str number = number_text(view, shop->number.value);

    value_put_text(doc, "nickname", shop->nickname);
    value_put_text(doc, "initial", picture_initial(shop->nickname));
    value_put_text(doc, "bio", shop->bio);
    value_put_text(doc, "href", with_lang(view, shop_path(view, shop)));
    value_put_text(
        doc, "qr",
        join(view, join(view, STR("/api/v1/shops/"), number), STR("/qr.svg")));
    value_put_text(doc, "number_text", fill(view, TEXT_SHOP_NUMBER, "number", number));
    value_put_text(doc, "opened",
                   fill(view, TEXT_OPENED, "month",
                        format_month(view->arena, view->language, shop->opened_at_ms)));
    put_words(doc, "notice", shop_notice(view, shop));
    value_put_bool(doc, "notice_only", shop->status == SHOP_SUSPENDED);
    value_put_integer(doc, "sign", picture_sign(shop->number));
    return doc;
}

static struct str
about(const struct view *view, int64_t figure)
{
    return fill(view, TEXT_ABOUT, "figure", format_number(view->arena, figure));
}

static struct value *
figures_value(const struct view *view, const struct released *figures)
{
    struct value *doc;

    if (!figures->known) {
        return NULL;
    }
    doc = object(view);
    value_put_text(doc, "sales", about(view, figures->counted_sales_fen / 100));
    value_put_text(doc, "influence", about(view, figure_about(figures->influence)));
    value_put_text(doc, "visits",
                   figures->visits > 0 ? about(view, figures->visits)
                                       : (struct str){ NULL, 0 });
    value_put_text(doc, "place",
                   figures->rank > 0 ? fill(view, TEXT_PLACE, "rank",
                                            format_number(view->arena, figures->rank))
                                     : (struct str){ NULL, 0 });
    value_put_text(
        doc, "published",
        fill(view, TEXT_PUBLISHED, "day",
             format_day(view->arena, view->language, figures->as_of_ms, view->now_ms)));
    return doc;
}

static struct str
picks_text(const struct view *view, size_t count)
{
    struct text_place time = { .name = "time" };

    if (view->policy == NULL || count == 0) {
        return (struct str){ NULL, 0 };
    }
    time.value =
        format_duration(view->arena, view->language, view->policy->slots.cooldown_s);
    if (count == 1) {
        return fill(view, TEXT_PICKS_ONE, time.name, time.value);
    }
    return fill_two(view, TEXT_PICKS_MANY,
                    (struct text_place){ "count", number_text(view, (int64_t)count) },
                    time);
}

/* --- a product -------------------------------------------------------------------- */

static bool
has_dearer_variant(const struct product *product, int64_t fen)
{
    for (size_t i = 0; i < product->variant_count; i++) {
        if (variant_exclusive_fen(&product->variants[i]) > fen) {
            return true;
        }
    }
    return false;
}

/* What it costs without the shop: elsewhere, as the merchant says, or usually. */
static struct str
other_price(const struct view *view, const struct variant *variant, bool *elsewhere)
{
    int64_t fen = variant_exclusive_fen(variant);

    *elsewhere = variant->compare_fen > fen;
    if (*elsewhere) {
        return fill(view, TEXT_ELSEWHERE, "price",
                    format_money(view->arena, variant->compare_fen));
    }
    if (variant->price_fen > fen) {
        return fill(view, TEXT_USUALLY, "price",
                    format_money(view->arena, variant->price_fen));
    }
    return (struct str){ NULL, 0 };
}

/* What a product says for itself, in whichever shop. */
static struct value *
offer_value(const struct view *view, const struct product *product, const char *drawing)
{
    const struct variant *cheapest = product_cheapest(product);
    int64_t fen = variant_exclusive_fen(cheapest);
    struct value *doc = object(view);
    bool elsewhere;

    value_put_text(doc, "title", product->title);
    value_put_text(doc, "initial", picture_initial(product->title));
    put_words(doc, "drawing", drawing);
    value_put_integer(doc, "ground", picture_ground(product->id, drawing));
    value_put_text(doc, "price", format_money(view->arena, fen));
    value_put_bool(doc, "from", has_dearer_variant(product, fen));
    value_put_bool(doc, "exclusive", fen < cheapest->price_fen);
    value_put_text(doc, "was", other_price(view, cheapest, &elsewhere));
    value_put_bool(doc, "elsewhere", elsewhere);
    put_words(doc, "out",
              product_stock_level(product) == STOCK_OUT ? words(view, TEXT_SOLD_OUT)
                                                        : NULL);
    return doc;
}

struct offers {
    const struct value *in[LANGUAGES];
};

/* Kept beside the product where there is a place for it. */
static const struct value *
offer_of(const struct view *view, const struct product *product)
{
    struct product_memo *memo = product->memo;
    struct view kept = *view;
    struct offers *offers;

    if (memo == NULL) {
        return offer_value(view, product, picture_drawing(view->arena, product));
    }
    if (memo->made == NULL) {
        memo->made = arena_alloc(memo->arena, sizeof(*offers));
    }
    offers = memo->made;
    if (offers->in[view->language] == NULL) {
        kept.arena = memo->arena;
        offers->in[view->language] =
            offer_value(&kept, product, picture_drawing(view->arena, product));
    }
    return offers->in[view->language];
}

/* What a card shows, and the head of a product's page. */
static struct value *
pick_value(const struct view *view, const struct shop *shop,
           const struct view_pick *pick)
{
    const struct product *product = pick->product;
    struct value *doc = object(view);

    value_put_text(doc, "href", with_lang(view, product_path(view, shop, product->id)));
    value_put_text(doc, "note", pick->note);
    value_put(doc, "offer", offer_of(view, product));
    return doc;
}

static const char *
stock_words(const struct view *view, enum stock_level level)
{
    static const enum text texts[] = { [STOCK_IN] = TEXT_IN_STOCK,
                                       [STOCK_FEW] = TEXT_FEW_LEFT,
                                       [STOCK_OUT] = TEXT_SOLD_OUT };

    return words(view, texts[level]);
}

static struct value *
variants_value(const struct view *view, const struct product *product)
{
    struct value *list = value_list(view->arena);

    for (size_t i = 0; i < product->variant_count && product->variant_count > 1; i++) {
        const struct variant *variant = &product->variants[i];
        struct value *doc = object(view);

        value_put_text(doc, "title", variant_title(view->arena, variant));
        value_put_text(doc, "price",
                       format_money(view->arena, variant_exclusive_fen(variant)));
        put_words(doc, "stock", stock_words(view, variant_stock_level(variant)));
        value_add(list, doc);
    }
    return list;
}

/* The way to the store, or why there is none. */
static void
put_way(const struct view *view, struct value *doc, const struct shop *shop,
        const struct product *product)
{
    bool sold_out = product_stock_level(product) == STOCK_OUT;

    if (product_url_host(product->url).len == 0) {
        put_words(doc, "why_not", words(view, TEXT_NO_STORE));
    } else if (sold_out) {
        put_words(doc, "why_not", words(view, TEXT_STORE_SOLD_OUT));
    } else {
        value_put_text(doc, "go",
                       arena_printf(view->arena, "%.*s/go%s",
                                    STR_ARGS(product_path(view, shop, product->id)),
                                    lang_query(view)));
    }
}

static struct value *
product_value(const struct view *view, const struct shop *shop,
              const struct view_pick *pick, struct str merchant)
{
    const struct product *product = pick->product;
    struct value *doc = pick_value(view, shop, pick), *variants;

    value_put_text(doc, "brand", product->brand);
    value_put_text(doc, "description", product->description);
    put_words(doc, "stock", stock_words(view, product_stock_level(product)));
    value_put_text(doc, "seller",
                   merchant.len > 0 ? fill(view, TEXT_SOLD_BY, "merchant", merchant)
                                    : str_from(words(view, TEXT_SOLD_BY_ONE)));
    variants = variants_value(view, product);
    value_put_bool(doc, "has_variants", value_is_true(variants));
    value_put(doc, "variants", variants);
    put_way(view, doc, shop, product);
    return doc;
}

static void
put_picks(const struct view *view, struct value *page, const struct view_shop *shop)
{
    struct value *list = value_list(view->arena);

    for (size_t i = 0; i < shop->pick_count; i++) {
        value_add(list, pick_value(view, &shop->shop, &shop->picks[i]));
    }
    value_put_bool(page, "has_picks", shop->pick_count > 0);
    value_put(page, "picks", list);
}

/* --- pages ------------------------------------------------------------------------ */

static struct str
title_of(const struct view *view, struct str name, struct str site)
{
    return fill_two(view, TEXT_SHOP_OF, (struct text_place){ "name", name },
                    (struct text_place){ "site", site });
}

struct value *
view_shop(const struct view *view, const struct view_shop *shop)
{
    const struct shop *its = &shop->shop;
    struct str text =
        fill_two(view, TEXT_SHOP_SHARE, (struct text_place){ "name", its->nickname },
                 (struct text_place){ "number", number_text(view, its->number.value) });
    struct value *page =
        page_value(view, title_of(view, its->nickname, site_name(view)), text);
    struct value *doc = shop_value(view, its);

    value_put_text(doc, "picks_text", picks_text(view, shop->pick_count));
    value_put(page, "shop", doc);
    value_put(page, "figures", figures_value(view, &shop->figures));
    put_picks(view, page, shop);
    return page;
}

struct value *
view_product(const struct view *view, const struct shop *shop,
             const struct view_pick *pick, struct str merchant)
{
    struct value *page = page_value(
        view, title_of(view, pick->product->title, shop->nickname),
        fill_two(
            view, TEXT_SHOP_SHARE, (struct text_place){ "name", shop->nickname },
            (struct text_place){ "number", number_text(view, shop->number.value) }));

    value_put(page, "shop", shop_value(view, shop));
    value_put(page, "product", product_value(view, shop, pick, merchant));
    return page;
}

struct value *
view_go(const struct view *view, const struct shop *shop, const struct product *product)
{
    struct str host = product_url_host(product->url);
    struct value *page =
        page_value(view, fill(view, TEXT_LEAVING, "site", site_name(view)),
                   (struct str){ NULL, 0 });

    value_put_text(page, "leaving_to", fill(view, TEXT_LEAVING_TO, "host", host));
    value_put_text(
        page, "leaving_with",
        fill(view, TEXT_LEAVING_WITH, "number", number_text(view, shop->number.value)));
    value_put_text(page, "go_on", fill(view, TEXT_GO_ON, "host", host));
    value_put_text(page, "to",
                   link_with_number(view->arena, product->url, shop->number));
    value_put_text(page, "stay",
                   with_lang(view, product_path(view, shop, product->id)));
    return page;
}

enum { RANK_TOP = 3, RANK_ONE_COLUMN = 20 };

static struct value *
place_value(const struct view *view, const struct board_item *place)
{
    struct value *doc = object(view);
    struct str name = place->nickname.len > 0 ? place->nickname
                                              : number_text(view, place->number.value);

    value_put_integer(doc, "rank", place->rank);
    value_put_bool(doc, "top", place->rank <= RANK_TOP);
    value_put_text(doc, "nickname", name);
    value_put_text(doc, "initial", picture_initial(name));
    value_put_text(doc, "influence", format_number(view->arena, place->influence));
    value_put_text(doc, "href",
                   with_lang(view, join(view, STR("/s/"),
                                        number_text(view, place->number.value))));
    return doc;
}

static struct str
rank_line(const struct view *view, const struct board *board)
{
    struct str line = fill(view, TEXT_BOARD_SIZE, "count",
                           format_number(view->arena, (int64_t)board->count));
    struct arena *arena = view->arena;

    if (board->count == 0) {
        line = (struct str){ NULL, 0 };
    }
    if (board->release.number > 0) {
        struct str day =
            format_day(arena, view->language, board->release.as_of_ms, view->now_ms);

        day = fill(view, TEXT_UPDATED, "day", day);
        line = arena_printf(arena, "%.*s%s%.*s", STR_ARGS(line),
                            line.len > 0 ? " · " : "", STR_ARGS(day));
    }
    if (board->next_release_at_ms > 0) {
        struct str day =
            format_day(arena, view->language, board->next_release_at_ms, view->now_ms);

        day = fill(view, TEXT_NEXT_UPDATE, "day", day);
        line = arena_printf(arena, "%.*s%s%.*s", STR_ARGS(line),
                            line.len > 0 ? " · " : "", STR_ARGS(day));
    }
    return line;
}

struct value *
view_rank(const struct view *view, const struct board *board)
{
    struct value *page = page_value(
        view, title_of(view, str_from(words(view, TEXT_BOARD)), site_name(view)),
        str_from(words(view, TEXT_BOARD_SHARE)));
    struct value *list = value_list(view->arena);

    for (size_t i = 0; i < board->count; i++) {
        value_add(list, place_value(view, &board->items[i]));
    }
    value_put_bool(page, "on_board", true);
    value_put_text(page, "line", rank_line(view, board));
    value_put_bool(page, "has_items", board->count > 0);
    value_put_bool(page, "two", board->count > RANK_ONE_COLUMN);
    value_put(page, "items", list);
    return page;
}

/* A short page that says what is wrong; nothing of the request is in it. */
static struct value *
short_value(const struct view *view, const char *heading, const char *detail,
            int status, struct str code)
{
    struct value *page = object(view);

    value_put_text(page, "title", title_of(view, str_from(heading), site_name(view)));
    value_put(page, "site", site_value(view, false));
    put_words(page, "heading", heading);
    put_words(page, "detail", detail);
    value_put_text(page, "status", status > 0 ? number_text(view, status) : code);
    value_put_bool(page, "again", status == 429 || status >= 500);
    return page;
}

static void
put_shop(const struct view *view, struct value *page, const struct view_shop *shop)
{
    if (shop != NULL) {
        value_put(page, "shop", shop_value(view, &shop->shop));
        value_put_text(page, "to_shop",
                       fill(view, TEXT_TO_SHOP, "name", shop->shop.nickname));
        put_picks(view, page, shop);
    }
}

struct value *
view_problem(const struct view *view, enum err err, int status,
             const struct view_shop *shop)
{
    struct text_problem problem = text_problem(view->language, err);
    struct value *page = short_value(view, problem.title, problem.detail, status,
                                     str_from(err_code(err)));

    put_shop(view, page, shop);
    return page;
}

struct value *
view_not_offered(const struct view *view, const struct view_shop *shop)
{
    struct value *page = short_value(view, words(view, TEXT_NOT_OFFERED),
                                     words(view, TEXT_NOT_OFFERED_WHY), 404, STR(""));

    put_shop(view, page, shop);
    return page;
}
