/* test/function/catalogue_test.c - products and their index on a real Redis. */
#include <stdio.h>

#include "storage/catalogue/import.h"
#include "storage/catalogue/index.h"
#include "storage/key.h"
#include "storage/redis/call.h"
#include "test/support/store_test.h"

enum { MERCHANT = 513, OTHER = 770 };

static struct str
handle_of(struct store_test *t, int n)
{
    return arena_printf(t->arena, "mug-%d", n);
}

/* A product with one variant, as a PUT would want it. */
static struct product_change
wanted(struct store_test *t, struct str handle, const char *title, int64_t price_fen)
{
    struct variant *variant = arena_alloc(t->arena, sizeof *variant);

    *variant = (struct variant){ .price_fen = price_fen,
                                 .exclusive_fen = PRICE_NONE,
                                 .compare_fen = PRICE_NONE,
                                 .stock = STOCK_OPEN };
    return (struct product_change){ .want = { .merchant = { MERCHANT },
                                              .handle = handle,
                                              .title = str_from(title),
                                              .commission_bps = RATE_DEFAULT,
                                              .variants = variant,
                                              .variant_count = 1,
                                              .order = price_fen } };
}

static enum err
write_change(struct store_test *t, struct product_change *change)
{
    enum err err = product_find_many(t->store, t->arena, change, 1);

    if (err == ERR_NONE) {
        err = product_settle(change);
    }
    return err == ERR_NONE ? product_write_many(t->store, t->arena, change, 1, 1000)
                           : err;
}

/* Written and put into the index. */
static struct product_id
make(struct store_test *t, int n, const char *title, int64_t price_fen,
     const char *category)
{
    struct product_change change = wanted(t, handle_of(t, n), title, price_fen);

    change.want.category = str_from(category);
    change.want.order = n;
    assert_int_equal(write_change(t, &change), ERR_NONE);
    assert_int_equal(catalogue_index_changes(t->store, t->arena, &change, 1), ERR_NONE);
    return change.want.id;
}

static int64_t
outbox_length(struct store_test *t)
{
    int64_t sum = 0;

    for (unsigned p = 0; p < PARTITIONS; p++) {
        struct call *call = call_command(t->arena, "XLEN");
        int64_t len = 0;

        call_keyf(call, KEY_OUTBOX, 'p', p);
        assert_int_equal(call_wait(t->store, call), ERR_NONE);
        assert_true(reply_int(call->reply, &len));
        sum += len;
    }
    return sum;
}

/* --- products ----------------------------------------------------------------------- */
STORE_TEST(a_product_is_made_once_and_found_by_handle_and_id)
{
    struct product_change change = wanted(t, STR("red-mug"), "Red Mug", 1250);
    struct product_change again = wanted(t, STR("red-mug"), "Red Mug", 1250);
    struct product product;

    assert_int_equal(write_change(t, &change), ERR_NONE);
    assert_int_equal(change.outcome, PRODUCT_MADE);
    assert_int_equal(change.want.version, 1);
    assert_int_equal(product_read_fresh(t->store, t->arena, change.want.id, &product),
                     ERR_NONE);
    assert_true(str_equal(product.title, STR("Red Mug")));
    assert_int_equal(product.merchant.value, MERCHANT);
    assert_int_equal(product.variants[0].id, 1);
    assert_true(product_is_listed(&product));
    assert_int_equal(write_change(t, &again), ERR_NONE);
    assert_int_equal(again.outcome, PRODUCT_SAME);
    assert_int_equal(again.want.id.value, change.want.id.value);
    assert_int_equal(outbox_length(t), 1);
}

STORE_TEST(handles_belong_to_their_merchant)
{
    struct product_change one = wanted(t, STR("mug"), "One", 100);
    struct product_change two = wanted(t, STR("mug"), "Two", 100);

    two.want.merchant.value = OTHER;
    assert_int_equal(write_change(t, &one), ERR_NONE);
    assert_int_equal(write_change(t, &two), ERR_NONE);
    assert_true(one.want.id.value != two.want.id.value);
}

STORE_TEST(a_change_is_told_and_a_change_of_stock_is_not)
{
    struct product_change change = wanted(t, STR("mug"), "Mug", 100);
    struct product product;

    assert_int_equal(write_change(t, &change), ERR_NONE);
    change = wanted(t, STR("mug"), "Mug", 100);
    change.want.variants[0].stock = 7;
    assert_int_equal(write_change(t, &change), ERR_NONE);
    assert_int_equal(change.outcome, PRODUCT_CHANGED);
    assert_int_equal(change.want.version, 1);
    assert_int_equal(outbox_length(t), 1);
    assert_int_equal(product_read_fresh(t->store, t->arena, change.want.id, &product),
                     ERR_NONE);
    assert_int_equal(product.variants[0].stock, 7);

    change = wanted(t, STR("mug"), "Mug", 90);
    assert_int_equal(write_change(t, &change), ERR_NONE);
    assert_int_equal(change.want.version, 2);
    assert_int_equal(outbox_length(t), 2);
    assert_int_equal(product_read_fresh(t->store, t->arena, change.want.id, &product),
                     ERR_NONE);
    assert_int_equal(product.variants[0].stock, STOCK_OPEN);
    assert_int_equal(product.order, 100); /* of its first coming */
}

STORE_TEST(who_settled_against_an_older_version_begins_again)
{
    struct product_change first = wanted(t, STR("mug"), "Mug", 100);
    struct product_change late = wanted(t, STR("mug"), "Cup", 100);

    assert_int_equal(product_find_many(t->store, t->arena, &late, 1), ERR_NONE);
    assert_int_equal(product_settle(&late), ERR_NONE);
    assert_int_equal(write_change(t, &first), ERR_NONE);
    assert_int_equal(product_write_many(t->store, t->arena, &late, 1, 1), ERR_MOVED_ON);
    late = wanted(t, STR("mug"), "Cup", 100);
    assert_int_equal(write_change(t, &late), ERR_NONE);
    assert_int_equal(late.want.version, 2);
}

STORE_TEST(neither_lifts_the_others_take_down)
{
    struct product_change change = wanted(t, STR("mug"), "Mug", 100);
    struct product product;
    struct product_id id;

    assert_int_equal(write_change(t, &change), ERR_NONE);
    id = change.want.id;
    assert_int_equal(product_set_down(t->store, t->arena, id, true, STR("recall"), 5),
                     ERR_NONE);
    change = wanted(t, STR("mug"), "Mug", 100);
    assert_int_equal(write_change(t, &change), ERR_NONE);
    assert_int_equal(change.outcome, PRODUCT_SAME);
    assert_int_equal(product_read_fresh(t->store, t->arena, id, &product), ERR_NONE);
    assert_false(product_is_listed(&product));
    assert_true(str_equal(product.down_reason, STR("recall")));

    change = wanted(t, STR("mug"), "Mug", 100);
    change.want.down_by_merchant = true;
    assert_int_equal(write_change(t, &change), ERR_NONE);
    assert_int_equal(product_set_down(t->store, t->arena, id, false, STR(""), 6),
                     ERR_NONE);
    assert_int_equal(product_read_fresh(t->store, t->arena, id, &product), ERR_NONE);
    assert_true(product.down_by_merchant && !product.down_by_operator);
}

STORE_TEST(a_take_down_twice_is_told_once)
{
    struct product_change change = wanted(t, STR("mug"), "Mug", 100);

    assert_int_equal(write_change(t, &change), ERR_NONE);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(
            product_set_down(t->store, t->arena, change.want.id, true, STR("x"), 5),
            ERR_NONE);
    }
    assert_int_equal(outbox_length(t), 2);
    assert_int_equal(product_set_down(t->store, t->arena, (struct product_id){ 5 },
                                      true, STR("x"), 5),
                     ERR_NO_SUCH_PRODUCT);
}

STORE_TEST(what_does_not_exist_is_said)
{
    struct product_id ids[] = { { 99 }, make(t, 1, "Mug", 100, "") };
    struct product products[2];
    struct product product;

    assert_int_equal(product_read_fresh(t->store, t->arena, ids[0], &product),
                     ERR_NO_SUCH_PRODUCT);
    assert_int_equal(product_read(t->store, t->arena, ids[0], &product),
                     ERR_NO_SUCH_PRODUCT);
    assert_int_equal(product_read_many(t->store, t->arena, ids, 2, products), ERR_NONE);
    assert_int_equal(products[0].version, 0);
    assert_int_equal(products[1].version, 1);
}

STORE_TEST(what_was_made_of_a_product_goes_with_it)
{
    struct product_id id = make(t, 1, "Mug", 100, "");
    struct product_change change = wanted(t, handle_of(t, 1), "Cup", 100);
    struct product product, again;

    assert_int_equal(product_read(t->store, t->arena, id, &product), ERR_NONE);
    assert_null(product.memo->made);
    product.memo->made = arena_alloc(product.memo->arena, 1);
    assert_int_equal(product_read_many(t->store, t->arena, &id, 1, &again), ERR_NONE);
    assert_ptr_equal(again.memo, product.memo);
    assert_int_equal(write_change(t, &change), ERR_NONE);
    assert_int_equal(product_read(t->store, t->arena, id, &product), ERR_NONE);
    assert_null(product.memo->made);
    assert_int_equal(product_read_fresh(t->store, t->arena, id, &product), ERR_NONE);
    assert_null(product.memo);
}

STORE_TEST(a_full_catalogue_takes_changes_and_nothing_new)
{
    struct product_change change = wanted(t, STR("mug"), "Mug", 100);
    int64_t count;

    assert_int_equal(write_change(t, &change), ERR_NONE);
    store_test_say(t, "SET seq:{p000} 99999");
    assert_int_equal(product_count(t->store, t->arena, &count), ERR_NONE);
    assert_true(count >= PRODUCTS_MAX - 1);
    store_test_say(t, "SET seq:{p001} 99999");
    change = wanted(t, STR("cup"), "Cup", 100);
    assert_int_equal(write_change(t, &change), ERR_CATALOGUE_FULL);
    change = wanted(t, STR("mug"), "Mug", 101);
    assert_int_equal(write_change(t, &change), ERR_NONE);
}

/* --- the index ---------------------------------------------------------------------- */
/* Titles of a whole search, page by page, as "a|b|c". */
static char *
search(struct store_test *t, struct catalogue_query query)
{
    char *text = arena_alloc(t->arena, 4096);
    struct catalogue_page page;

    query.limit = query.limit > 0 ? query.limit : 2;
    do {
        assert_int_equal(catalogue_search(t->store, t->arena, &query, &page), ERR_NONE);
        for (size_t i = 0; i < page.count; i++) {
            struct str title = page.products[i].title;

            snprintf(text + strlen(text), 4096 - strlen(text), "%s%.*s",
                     text[0] != '\0' ? "|" : "", STR_ARGS(title));
        }
        query.after = page.next;
    } while (page.next.given);
    return text;
}

#define SEARCH(...) search(t, (struct catalogue_query){ __VA_ARGS__ })

static void
make_some(struct store_test *t)
{
    make(t, 1, "Red Globe", 300, "home");
    make(t, 2, "Blue Globe", 100, "home");
    make(t, 3, "Red Gloves", 200, "wear");
    make(t, 4, "羊毛被", 100, "home");
    make(t, 5, "羊绒围巾", 900, "wear");
}

STORE_TEST(lists_come_in_each_order_page_by_page)
{
    make_some(t);
    for (size_t limit = 1; limit <= 6; limit++) {
        assert_string_equal(SEARCH(.limit = limit),
                            "Red Globe|Blue Globe|Red Gloves|羊毛被|羊绒围巾");
        assert_string_equal(SEARCH(.limit = limit, .sort = SORT_NEWEST),
                            "羊绒围巾|羊毛被|Red Gloves|Blue Globe|Red Globe");
        assert_string_equal(SEARCH(.limit = limit, .category = STR("home")),
                            "Red Globe|Blue Globe|羊毛被");
        assert_string_equal(SEARCH(.limit = limit, .merchant = { OTHER }), "");
    }
}

STORE_TEST(equal_prices_have_one_order_up_and_down)
{
    char *up, *down;

    for (int i = 0; i < 30; i++) {
        make(t, i, i % 2 ? "Odd" : "Even", 100 + i % 3, "");
    }
    up = SEARCH(.sort = SORT_PRICE, .limit = 7);
    down = SEARCH(.sort = SORT_PRICE_DOWN, .limit = 4);
    assert_int_equal(strlen(up), strlen(down));
    assert_string_equal(SEARCH(.sort = SORT_PRICE, .limit = 100), up);
    assert_string_equal(SEARCH(.sort = SORT_PRICE_DOWN, .limit = 100), down);
    assert_string_equal(SEARCH(.sort = SORT_PRICE, .limit = 1, .text = STR("odd")),
                        SEARCH(.sort = SORT_PRICE, .limit = 100, .text = STR("odd")));
    assert_string_equal(
        SEARCH(.sort = SORT_PRICE_DOWN, .limit = 1, .text = STR("odd")),
        SEARCH(.sort = SORT_PRICE_DOWN, .limit = 100, .text = STR("odd")));
}

STORE_TEST(words_find_titles_within_lists)
{
    make_some(t);
    assert_string_equal(SEARCH(.text = STR("globe")), "Red Globe|Blue Globe");
    assert_string_equal(SEARCH(.text = STR("GLO red")), "Red Globe|Red Gloves");
    assert_string_equal(SEARCH(.text = STR("羊毛")), "羊毛被");
    assert_string_equal(SEARCH(.text = STR("羊")), "羊毛被|羊绒围巾");
    assert_string_equal(SEARCH(.text = STR("globe"), .sort = SORT_PRICE),
                        "Blue Globe|Red Globe");
    assert_string_equal(SEARCH(.text = STR("red"), .category = STR("wear")),
                        "Red Gloves");
    assert_string_equal(
        SEARCH(.category = STR("wear"), .merchant = { MERCHANT }, .sort = SORT_NEWEST),
        "羊绒围巾|Red Gloves");
    assert_string_equal(SEARCH(.text = STR("lobe")), "");
    assert_string_equal(SEARCH(.text = STR("?!")), "");
    assert_string_equal(SEARCH(.text = STR("globe"), .merchant = { OTHER }), "");
}

/* Words that thousands of titles have are looked for along the list. */
STORE_TEST(common_words_are_found_by_walking_the_list)
{
    struct call *call = call_command(t->arena, "SADD");

    make_some(t);
    call_key(call, STR("gram:{g}:re"));
    for (int i = 0; i < 2500; i++) {
        call_int(call, 1000000 + i);
    }
    assert_int_equal(call_wait(t->store, call), ERR_NONE);
    /* "red" has three grams, the others rare: make all of them common */
    store_test_say(t, "SUNIONSTORE gram:{g}:ed gram:{g}:ed gram:{g}:re");
    store_test_say(t, "SUNIONSTORE gram:{g}:red gram:{g}:red gram:{g}:re");
    for (size_t limit = 1; limit <= 3; limit++) {
        assert_string_equal(SEARCH(.text = STR("red"), .limit = limit),
                            "Red Globe|Red Gloves");
        assert_string_equal(
            SEARCH(.text = STR("red"), .limit = limit, .sort = SORT_NEWEST),
            "Red Gloves|Red Globe");
    }
}

STORE_TEST(cursors_hold_while_goods_come_and_go)
{
    struct catalogue_query query = { .limit = 2 };
    struct catalogue_page page;
    struct product_change gone;

    make_some(t);
    assert_int_equal(catalogue_search(t->store, t->arena, &query, &page), ERR_NONE);
    assert_true(page.next.given);
    /* what the cursor names is taken down, and something new comes before it */
    gone = wanted(t, handle_of(t, 2), "Blue Globe", 100);
    gone.want.category = STR("home");
    gone.want.down_by_merchant = true;
    assert_int_equal(write_change(t, &gone), ERR_NONE);
    catalogue_index_changes(t->store, t->arena, &gone, 1);
    make(t, 0, "Early", 5, "");
    query.after = page.next;
    assert_int_equal(catalogue_search(t->store, t->arena, &query, &page), ERR_NONE);
    assert_int_equal(page.count, 2);
    assert_true(str_equal(page.products[0].title, STR("Red Gloves")));
    assert_string_equal(SEARCH(), "Early|Red Globe|Red Gloves|羊毛被|羊绒围巾");
}

static char *
categories(struct store_test *t)
{
    char *text = arena_alloc(t->arena, 1024);
    const struct catalogue_category *list;
    size_t count;

    assert_int_equal(catalogue_categories(t->store, t->arena, &list, &count), ERR_NONE);
    for (size_t i = 0; i < count; i++) {
        snprintf(text + strlen(text), 1024 - strlen(text), "%.*s=%d ",
                 STR_ARGS(list[i].name), (int)list[i].count);
    }
    return text;
}

STORE_TEST(categories_count_what_is_listed)
{
    struct product_id id;

    make_some(t);
    assert_string_equal(categories(t), "home=3 wear=2 ");
    id = make(t, 9, "Chair", 5, "seat");
    assert_string_equal(categories(t), "home=3 wear=2 seat=1 ");
    assert_int_equal(product_set_down(t->store, t->arena, id, true, STR("x"), 5),
                     ERR_NONE);
    assert_int_equal(catalogue_index(t->store, t->arena, id), ERR_NONE);
    assert_string_equal(categories(t), "home=3 wear=2 ");
    make(t, 5, "羊绒围巾", 900, "home");
    assert_string_equal(categories(t), "home=4 wear=1 ");
}

STORE_TEST(an_older_message_never_overwrites_a_newer_one)
{
    struct product_change change = wanted(t, STR("mug"), "Old Title", 100);
    struct product old;
    const struct product *late = &old;

    assert_int_equal(write_change(t, &change), ERR_NONE);
    old = change.want;
    change = wanted(t, STR("mug"), "New Title", 200);
    assert_int_equal(write_change(t, &change), ERR_NONE);
    assert_int_equal(catalogue_index(t->store, t->arena, change.want.id), ERR_NONE);
    assert_int_equal(catalogue_index_many(t->store, t->arena, &late, 1), ERR_NONE);
    assert_string_equal(SEARCH(.text = STR("new")), "New Title");
    assert_string_equal(SEARCH(.text = STR("old")), "");
}

STORE_TEST(a_product_leaves_no_trace_in_lists_it_left)
{
    struct product_id id;
    struct call *call;

    id = make(t, 1, "Red Globe", 300, "home");
    make(t, 1, "Blau", 200, "wear");
    assert_int_equal(product_set_down(t->store, t->arena, id, true, STR("x"), 5),
                     ERR_NONE);
    assert_int_equal(catalogue_index(t->store, t->arena, id), ERR_NONE);
    call = call_command(t->arena, "KEYS");
    call_key(call, STR("*{g}*"));
    assert_int_equal(call_wait(t->store, call), ERR_NONE);
    for (size_t i = 0; i < call->reply->count; i++) {
        struct str key = reply_str(reply_at(call->reply, i));

        assert_true(str_starts(key, STR("own:")) || str_starts(key, STR("indexed:")) ||
                    str_starts(key, STR("meta:")));
    }
}

STORE_TEST(a_merchants_own_list_has_everything)
{
    struct catalogue_cursor from = { .given = false };
    struct catalogue_page page;
    struct product_id id;

    make_some(t);
    id = make(t, 6, "Hidden", 1, "");
    assert_int_equal(product_set_down(t->store, t->arena, id, true, STR("x"), 5),
                     ERR_NONE);
    assert_int_equal(catalogue_index(t->store, t->arena, id), ERR_NONE);
    assert_int_equal(catalogue_own(t->store, t->arena, (struct member_id){ MERCHANT },
                                   &from, 100, &page),
                     ERR_NONE);
    assert_int_equal(page.count, 6);
    assert_false(page.next.given);
}

STORE_TEST(cursors_are_read_back_and_judged)
{
    struct catalogue_cursor cursor = { true, 1783242342342342, { 66305 } }, read;
    char text[CURSOR_TEXT_BYTES];
    static const char *const bad[] = {
        "", "1", "-1-2", "1-", "-", "1-2-3", "a-1", "1-x"
    };

    catalogue_cursor_write(&cursor, text);
    assert_string_equal(text, "1783242342342342-66305");
    assert_true(catalogue_cursor_read(str_from(text), &read));
    assert_int_equal(read.value, cursor.value);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(catalogue_cursor_read(str_from(bad[i]), &read));
    }
}

/* --- import ------------------------------------------------------------------------- */
struct imported {
    struct import_counts counts;
    enum err err;
    char faults[2048];
};

static void
note_fault(void *arg, const struct table_fault *fault)
{
    struct imported *imported = arg;
    size_t len = strlen(imported->faults);

    snprintf(imported->faults + len, sizeof imported->faults - len, "%d:%s ",
             (int)fault->line, fault->reason);
}

static struct imported *
import_table(struct store_test *t, struct str csv, size_t piece)
{
    struct imported *imported = arena_alloc(t->arena, sizeof *imported);
    struct import_config config = { .store = t->store,
                                    .merchant = { MERCHANT },
                                    .commission_bps_max = 3000,
                                    .fault = note_fault,
                                    .arg = imported };
    struct import *import = import_open(&config);

    for (size_t at = 0; at < csv.len && imported->err == ERR_NONE; at += piece) {
        size_t len = csv.len - at < piece ? csv.len - at : piece;

        imported->err = import_feed(import, str_of(csv.data + at, len));
    }
    if (imported->err == ERR_NONE) {
        imported->err = import_end(import);
    }
    imported->counts = *import_counts(import);
    import_close(&import);
    return imported;
}

STORE_TEST(good_rows_land_and_bad_ones_are_told_by_line)
{
    struct imported *imported =
        import_table(t,
                     STR("Handle,Title,Type,Variant Price,Option1 Name,Option1 Value\n"
                         "a,Apple,fruit,1.00,,\n"
                         "b,Banana,fruit,oops,,\n"
                         "c,,fruit,1,,\n"
                         "c,,,2,,x\n"
                         "d,\"Date\"x,fruit,1,,\n"
                         "e,Elder,fruit,1,Size,S\n"
                         "e,,,bad,,M\n"
                         "e,,,3,,L\n"
                         "f,Fig,fruit,1,,,extra\n"),
                     7);

    assert_int_equal(imported->err, ERR_NONE);
    assert_int_equal(imported->counts.rows, 9);
    assert_int_equal(imported->counts.made, 2);
    assert_int_equal(imported->counts.bad_rows, 6);
    assert_string_equal(imported->faults,
                        "3:is no amount, exact to the hundredth 4:is missing "
                        "5:the first row of its product was not taken "
                        "6:something stands behind a field's closing quote "
                        "8:is no amount, exact to the hundredth "
                        "10:the row has more fields than the header ");
    assert_string_equal(SEARCH(), "Apple|Elder");
}

STORE_TEST(the_same_table_again_changes_nothing)
{
    static const char csv[] =
        "Title,Handle,Price,Option1 Name,Option1 Value,Inventory "
        "quantity\nMug,mug,5,Size,S,3\n,mug,6,,L,\nCup,cup,1,,,\n";
    struct imported *imported = import_table(t, str_from(csv), 1);
    int64_t told = outbox_length(t);

    assert_int_equal(imported->counts.made, 2);
    imported = import_table(t, str_from(csv), 1000);
    assert_int_equal(imported->counts.same, 2);
    assert_int_equal(imported->counts.changed, 0);
    assert_int_equal(outbox_length(t), told);
    imported = import_table(t,
                            STR("Title,Handle,Price,Option1 Name,Option1 Value\n"
                                "Mug,mug,oops,Size,S\n,mug,7,,L\n"),
                            1000);
    assert_int_equal(imported->counts.changed, 1); /* S is as it was, L is dearer */
}

STORE_TEST(rows_of_a_handle_that_stand_apart_are_told)
{
    struct buf csv;
    struct imported *imported;

    buf_init(&csv, 1 << 20);
    buf_printf(&csv, "Title,Handle,Price,Option1 Value\n"
                     "One,a,1,S\nBad,b,oops\nTwo,a,2\n,a,3,L\nOther,b,1\n,b,2,L\n");
    for (int i = 0; i < 2 * IMPORT_BATCH_PRODUCTS; i++) {
        buf_printf(&csv, "Mug %d,m%d,1\n", i, i);
    }
    buf_printf(&csv, "Three,a,3\n");
    imported = import_table(t, buf_str(&csv), 1000);
    assert_int_equal(imported->counts.made, 2 + 2 * IMPORT_BATCH_PRODUCTS);
    assert_int_equal(imported->counts.changed, 0);
    assert_int_equal(imported->counts.bad_rows, 4);
    assert_string_equal(imported->faults,
                        "3:is no amount, exact to the hundredth "
                        "4:names a product whose rows ended earlier "
                        "5:names a product whose rows ended earlier "
                        "520:names a product whose rows ended earlier ");
    assert_string_equal(SEARCH(.limit = 2, .text = STR("one")), "One");
    buf_free(&csv);
}

STORE_TEST(a_table_without_a_header_is_refused)
{
    assert_int_equal(import_table(t, STR("a,b\n1,2\n"), 100)->err, ERR_INVALID_FIELD);
    assert_int_equal(import_table(t, STR(""), 100)->err, ERR_INVALID_FIELD);
    assert_int_equal(import_table(t, STR("\x89PNG\r\n\x1a\n\0\0\0"), 100)->err,
                     ERR_INVALID_FIELD);
}

/* More than a batch, and what hostile tables repeat without end. */
STORE_TEST(many_products_and_endless_nonsense_stay_within_bounds)
{
    struct buf csv;
    struct imported *imported;

    buf_init(&csv, 8 << 20);
    buf_printf(&csv, "Title,Handle,Price\n");
    for (int i = 0; i < 600; i++) {
        buf_printf(&csv, "Mug %d,m%d,%d.5\n", i, i, i);
    }
    for (int i = 0; i < 20000; i++) {
        buf_printf(&csv, ",x%d,\n", i);
    }
    for (int i = 0; i < 20000; i++) {
        buf_printf(&csv, "Long,long,%d\n", i);
    }
    imported = import_table(t, buf_str(&csv), 64 << 10);
    assert_int_equal(imported->err, ERR_NONE);
    assert_int_equal(imported->counts.made, 601);
    assert_int_equal(imported->counts.bad_rows, 20000 + 19999);
    buf_free(&csv);
}

STORE_TEST(rows_that_name_nothing_are_told_one_by_one)
{
    struct imported *imported =
        import_table(t, STR("Title,Handle,Price\n,,1\n,,2\nMug,mug,3\n"), 100);

    assert_int_equal(imported->counts.made, 1);
    assert_string_equal(imported->faults,
                        "2:must be one word of at most 100 bytes, without a slash "
                        "3:must be one word of at most 100 bytes, without a slash ");
}

STORE_TEST(an_import_outlives_the_store)
{
    struct imported imported = { .err = ERR_NONE };
    struct import_config config = { .store = t->store,
                                    .merchant = { MERCHANT },
                                    .commission_bps_max = 3000,
                                    .fault = note_fault,
                                    .arg = &imported };
    struct import *import = import_open(&config);
    char row[64];

    assert_int_equal(import_feed(import, STR("Title,Handle,Price\n")), ERR_NONE);
    for (int i = 0; i < 3 * IMPORT_BATCH_PRODUCTS; i++) {
        snprintf(row, sizeof row, "Mug %d,m%d,1\n", i, i);
        assert_int_equal(import_feed(import, str_from(row)), ERR_NONE);
        if (i == IMPORT_BATCH_PRODUCTS + 10) {
            redis_kill(&t->redis);
            redis_start(&t->redis);
        }
    }
    assert_int_equal(import_end(import), ERR_NONE);
    assert_int_equal(import_counts(import)->bad_rows, 0);
    assert_int_equal(import_counts(import)->made, 3 * IMPORT_BATCH_PRODUCTS);
    import_close(&import);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_product_is_made_once_and_found_by_handle_and_id),
        cmocka_unit_test(handles_belong_to_their_merchant),
        cmocka_unit_test(a_change_is_told_and_a_change_of_stock_is_not),
        cmocka_unit_test(who_settled_against_an_older_version_begins_again),
        cmocka_unit_test(neither_lifts_the_others_take_down),
        cmocka_unit_test(a_take_down_twice_is_told_once),
        cmocka_unit_test(what_does_not_exist_is_said),
        cmocka_unit_test(what_was_made_of_a_product_goes_with_it),
        cmocka_unit_test(a_full_catalogue_takes_changes_and_nothing_new),
        cmocka_unit_test(lists_come_in_each_order_page_by_page),
        cmocka_unit_test(equal_prices_have_one_order_up_and_down),
        cmocka_unit_test(words_find_titles_within_lists),
        cmocka_unit_test(common_words_are_found_by_walking_the_list),
        cmocka_unit_test(cursors_hold_while_goods_come_and_go),
        cmocka_unit_test(categories_count_what_is_listed),
        cmocka_unit_test(an_older_message_never_overwrites_a_newer_one),
        cmocka_unit_test(a_product_leaves_no_trace_in_lists_it_left),
        cmocka_unit_test(a_merchants_own_list_has_everything),
        cmocka_unit_test(cursors_are_read_back_and_judged),
        cmocka_unit_test(good_rows_land_and_bad_ones_are_told_by_line),
        cmocka_unit_test(the_same_table_again_changes_nothing),
        cmocka_unit_test(rows_of_a_handle_that_stand_apart_are_told),
        cmocka_unit_test(a_table_without_a_header_is_refused),
        cmocka_unit_test(rows_that_name_nothing_are_told_one_by_one),
        cmocka_unit_test(an_import_outlives_the_store),
        cmocka_unit_test(many_products_and_endless_nonsense_stay_within_bounds),
    };
    return cmocka_run_group_tests(tests, store_test_begin, store_test_end);
}
