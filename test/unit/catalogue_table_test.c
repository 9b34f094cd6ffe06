/* test/unit/catalogue_table_test.c - rows of product tables as products, and back. */
#include <stdio.h>
#include <string.h>

#include "storage/catalogue/html.h"
#include "storage/catalogue/table.h"
#include "test/support/unit.h"

/* One product made of all rows below the header; faults come out as
 * "LINE COLUMN: reason". */
struct reading {
    struct arena *arena;
    struct table table;
    struct draft draft;
    int rows;
    bool header_bad;
    char faults[1024];
};

static void
note(struct reading *reading, const struct table_fault *fault)
{
    size_t len = strlen(reading->faults);

    snprintf(reading->faults + len, sizeof reading->faults - len, "%d %s: %s; ",
             (int)fault->line, fault->field != NULL ? fault->field : "-",
             fault->reason);
}

static bool
read_row(void *arg, const struct csv_row *row)
{
    struct reading *reading = arg;
    struct table_fault fault = { .line = row->line };
    bool taken;

    if (reading->rows++ == 0) {
        reading->table.commission_bps_max = 3000;
        reading->header_bad = !table_read_header(&reading->table, row, &fault);
        taken = !reading->header_bad;
    } else {
        taken =
            (reading->rows > 2 || table_read_product(reading->arena, &reading->table,
                                                     row, &reading->draft, &fault)) &&
            table_read_variant(reading->arena, &reading->table, row, &reading->draft,
                               &fault);
    }
    if (!taken) {
        note(reading, &fault);
    }
    return !reading->header_bad && !reading->draft.refused;
}

static void
read_table(struct reading *reading, struct str csv)
{
    struct csv_reader *reader = csv_reader_new(read_row, reading);

    *reading = (struct reading){ .arena = arena_new(8 << 20) };
    csv_feed(reader, csv);
    csv_end(reader);
    csv_reader_free(&reader);
}

static void
expect_fault(const char *csv, const char *faults)
{
    struct reading reading;

    read_table(&reading, str_from(csv));
    assert_string_equal(reading.faults, faults);
    arena_free(&reading.arena);
}

static void
both_header_families_say_the_same(void **state UNUSED)
{
    static const char *const tables[] = {
        "Handle,Title,Body (HTML),Vendor,Type,Published,Option1 Name,Option1 "
        "Value,Variant SKU,Variant Inventory Qty,Variant Price,Variant Compare At "
        "Price,Image Src\n"
        "mug,Mug,<p>A</p>,Acme,Cups,TRUE,Size,S,M-1,3,12.50,15,https://a.example/1\n"
        "mug,,,,,,,L,M-2,,1e1,,\n"
        "mug,,,,,,,,,,,,https://a.example/2\n",
        "\xEF\xBB\xBFTitle,URL handle,Description,Vendor,Type,Published on online "
        "store,Status,SKU,Option1 name,Option1 value,Price,Compare-at price,Inventory "
        "quantity,Product image URL,Color (product.metafields.shopify.color-pattern)\n"
        "Mug,mug,A,Acme,Cups,true,Active,M-1,Size,S,12.5,15.00,3,https://a.example/1,\n"
        ",mug,,,,,,M-2,,L,10,,,https://a.example/2,\n",
    };

    for (int i = 0; i < 2; i++) {
        struct reading reading;
        const struct product *product = &reading.draft.product;

        read_table(&reading, str_from(tables[i]));
        assert_string_equal(reading.faults, "");
        assert_true(str_equal(product->handle, STR("mug")));
        assert_true(str_equal(product->description, STR("A")));
        assert_true(str_equal(product->category, STR("Cups")));
        assert_false(product->down_by_merchant);
        assert_int_equal(product->variant_count, 2);
        assert_int_equal(product->variants[0].price_fen, 1250);
        assert_int_equal(product->variants[0].compare_fen, 1500);
        assert_int_equal(product->variants[0].stock, 3);
        assert_int_equal(product->variants[1].price_fen, 1000);
        assert_int_equal(product->variants[1].stock, STOCK_OPEN);
        assert_int_equal(product->variants[1].exclusive_fen, PRICE_NONE);
        assert_true(str_equal(product->variants[1].option[0], STR("L")));
        assert_int_equal(product->images, 2);
        assert_int_equal(product->commission_bps, RATE_DEFAULT);
        arena_free(&reading.arena);
    }
}

static void
our_own_columns_are_optional(void **state UNUSED)
{
    struct reading reading;

    read_table(&reading, STR("title,price,exclusive price,commission %,url\n"
                             "\xE7\xBE\x8A\xE6\xAF\x9B Cup 5,10,9.5,12.5%,"
                             "https://shop.example/p?id=1\n"));
    assert_string_equal(reading.faults, "");
    assert_int_equal(reading.draft.product.variants[0].exclusive_fen, 950);
    assert_int_equal(reading.draft.product.commission_bps, 1250);
    assert_true(
        str_equal(reading.draft.product.url, STR("https://shop.example/p?id=1")));
    assert_true(
        str_equal(reading.draft.product.handle, STR("\xE7\xBE\x8A\xE6\xAF\x9B-cup-5")));
    arena_free(&reading.arena);
}

static void
a_header_that_cannot_be_used_is_told(void **state UNUSED)
{
    expect_fault("Handle,Price\na,1\n", "1 Title: this column is missing; ");
    expect_fault("Title,Handle\na,b\n", "1 Price: this column is missing; ");
    expect_fault("Title;Price\na;1\n", "1 Title: this column is missing; ");
    expect_fault("Title,Price,Variant Price\na,1,1\n",
                 "1 Price: this column is there twice; ");
    expect_fault("\x50\x4B\x03\x04\x89\n", "1 Title: this column is missing; ");
}

static void
bad_cells_are_told_by_column_and_reason(void **state UNUSED)
{
    expect_fault("Title,Price\nA,1.234\n",
                 "2 Price: is no amount, exact to the hundredth; ");
    expect_fault("Title,Price\nA,-1\n",
                 "2 Price: is no amount, exact to the hundredth; ");
    expect_fault("Title,Price\nA,99999999999999\n",
                 "2 Price: is more than 10,000,000,000.00; ");
    expect_fault("Title,Price\nA,\n", "2 Price: is missing; ");
    expect_fault("Title,Handle,Price\n,a,1\n", "2 Title: is missing; ");
    expect_fault("Title,Price\nA\x01,1\n",
                 "2 Title: must be one line of at most 255 characters; ");
    expect_fault("Title,Handle,Price\n\xFF\xFE,a,1\n",
                 "2 Title: must be one line of at most 255 characters; ");
    expect_fault("Title,Handle,Price\nA,a/b,1\n",
                 "2 URL handle: must be one word of at most 100 bytes, without a "
                 "slash; ");
    expect_fault("Title,Price,Exclusive Price\nA,1,2\n",
                 "2 Exclusive Price: is higher than the price; ");
    expect_fault("Title,Price,Commission %\nA,1,31\n",
                 "2 Commission %: must be a percentage within what the policy "
                 "allows; ");
    expect_fault("Title,Price,Published\nA,1,maybe\n",
                 "2 Published on online store: must be true or false; ");
    expect_fault("Title,Price,URL\nA,1,javascript:alert(1)\n",
                 "2 URL: must be https, with a host's full name or IPv4 address; ");
    expect_fault("Title,Price,SKU,Variant Inventory Qty\nA,1,x,1.5\n",
                 "2 Inventory quantity: must be a whole number up to 10^9; ");
    expect_fault("Title,Handle,Price,Option1 Value\nA,a,1,S\n,a,2,S\n,a,x,L\n,a,3,M\n",
                 "3 Option1 value: an earlier row has the same variant; "
                 "4 Price: is no amount, exact to the hundredth; ");
}

static void
a_bad_variant_stays_without_a_price(void **state UNUSED)
{
    struct reading reading;

    read_table(&reading, STR("Title,Handle,Price,Option1 Name,Option1 Value\n"
                             "A,a,x,Size,S\n,a,2,,M\n"));
    assert_int_equal(reading.draft.product.variant_count, 2);
    assert_int_equal(reading.draft.product.variants[0].price_fen, PRICE_NONE);
    assert_int_equal(reading.draft.product.variants[1].price_fen, 200);
    arena_free(&reading.arena);
}

static void
published_or_status_say_whether_it_is_on_sale(void **state UNUSED)
{
    static const struct {
        const char *csv;
        bool down;
    } cases[] = {
        { "Title,Price,Published,Status\nA,1,true,active\n", false },
        { "Title,Price,Published,Status\nA,1,,\n", false },
        { "Title,Price,Published,Status\nA,1,FALSE,Active\n", true },
        { "Title,Price,Published,Status\nA,1,true,Draft\n", true },
        { "Title,Price,Published,Status\nA,1,true,archived\n", true },
        { "Title,Price\nA,1\n", false },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct reading reading;

        read_table(&reading, str_from(cases[i].csv));
        assert_string_equal(reading.faults, "");
        assert_int_equal(reading.draft.product.down_by_merchant, cases[i].down);
        arena_free(&reading.arena);
    }
}

static void
rows_of_a_product_are_bounded(void **state UNUSED)
{
    struct reading reading;
    struct buf csv;

    buf_init(&csv, 1 << 20);
    buf_printf(&csv, "Title,Handle,Price,Option1 Value\nA,a,1,v\n");
    for (int i = 0; i < 300; i++) {
        buf_printf(&csv, ",a,1,v%d\n", i);
    }
    read_table(&reading, buf_str(&csv));
    assert_int_equal(reading.draft.product.variant_count, VARIANTS_MAX);
    assert_non_null(strstr(reading.faults, "102 -: the product has more than 100"));
    buf_free(&csv);
    arena_free(&reading.arena);
}

/* Out, in, and out again. */
static void
expect_round_trip(const char *csv)
{
    struct reading reading[2];
    struct buf out[2];

    for (int i = 0; i < 2; i++) {
        struct csv_writer writer = { .out = &out[i] };

        buf_init(&out[i], 1 << 20);
        read_table(&reading[i], i == 0 ? str_from(csv) : buf_str(&out[0]));
        assert_string_equal(reading[i].faults, "");
        table_write_header(&writer);
        table_write_product(&writer, reading[i].arena, &reading[i].draft.product);
        assert_false(out[i].full);
    }
    assert_true(str_equal(buf_str(&out[0]), buf_str(&out[1])));
    for (int i = 0; i < 2; i++) {
        arena_free(&reading[i].arena);
        buf_free(&out[i]);
    }
}

static void
what_is_written_reads_the_same(void **state UNUSED)
{
    expect_round_trip("Title,Price\nA,1\n");
    expect_round_trip("Handle,Title,Body (HTML),Vendor,Type,Published,Option1 "
                      "Name,Option1 Value,Variant SKU,Variant Inventory Qty,Variant "
                      "Price,Variant Compare At Price,Image Src,Exclusive "
                      "Price,Commission %,URL\n"
                      "mug,\"Mug, \"\"big\"\"\",\"<p>a &amp; b</p><p>1 &lt; "
                      "2</p>\",\xE5\xAE\xB6,C/D,false,Size,S,1,0,0.10,0.99,"
                      "https://a.example/1,0.09,0,https://a.example/\n"
                      "mug,,,,,,,L,2,,12,,https://a.example/2,,,\n"
                      "mug,,,,,,,,,,,,https://a.example/3,,,\n");
    expect_round_trip("Title,Price,Option1 Name,Option1 Value\nA,1,Title,Default "
                      "Title\n");
}

static void
html_becomes_its_text(void **state UNUSED)
{
    static const char *const cases[][2] = {
        { "plain", "plain" },
        { "<p>a</p><p>b<br/>c</p>", "a\nb\nc\n" },
        { "a<script>x<y</script>b<style>c</style>d", "abd" },
        { "<!-- <p> -->a", "a" },
        { "a &lt;b&gt; &amp;amp; &#20320;&#x597D;",
          "a <b> &amp; \xE4\xBD\xA0\xE5\xA5\xBD" },
        { "1 < 2 & 3 &c; &", "1 < 2 & 3 &c; &" },
        { "a\r\nb\tc", "a\nb c" },
        { "a<b unclosed", "a" },
        { "<li>x</li><li>y</li>", "x\ny\n" },
        { "&#0;&#x110000;&#99999999999;", "&#99999999999;" },
        { "a&#9;b&#13;c&#xD800;d", "a b\ncd" },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct arena *arena = arena_new(1 << 20);
        struct str text = html_to_text(arena, str_from(cases[i][0]));
        char *given = arena_cstr(arena, text);

        assert_string_equal(given, cases[i][1]);
        assert_true(str_equal(html_to_text(arena, html_from_text(arena, text)), text));
        arena_free(&arena);
    }
}

static void
host_is(const char *url, const char *host)
{
    struct str found = product_url_host(str_from(url));

    assert_int_equal(found.data != NULL, host != NULL);
    assert_true(host == NULL || str_equal(found, str_from(host)));
}

static void
only_a_plain_https_host_is_led_to(void **state UNUSED)
{
    char longest[PRODUCT_URL_BYTES_MAX + 2] = "https://shop.example/";

    host_is("https://shop.example/p", "shop.example");
    host_is("https://shop.example:8443/p", "shop.example:8443");
    host_is("https://shop.example?a=b#c", "shop.example");
    host_is("https://xn--fiq228c.example", "xn--fiq228c.example");
    host_is("https://192.0.2.7/p", "192.0.2.7");
    host_is("http://shop.example/p", NULL);
    host_is("javascript:alert(1)", NULL);
    host_is("//shop.example/", NULL);
    host_is("https:/shop.example/", NULL);
    host_is("https://", NULL);
    host_is("https://good.example@evil.example/", NULL);
    host_is("https://evil.example\\.good.example/", NULL);
    host_is("https://good.example\t.evil.example/", NULL);
    host_is(" https://shop.example/", NULL);
    host_is("https://shop.example/a b", NULL);
    host_is("https://shop.example/\"", NULL);
    host_is("https://shop.example/\xE4\xBD\xA0", NULL);
    host_is("https://商店.example/", NULL);
    host_is("https://localhost/", NULL);
    host_is("https://shop..example/", NULL);
    host_is("https:///p", NULL);
    host_is("https://shop.example:/", NULL);
    host_is("https://shop.example:99999/", NULL);
    host_is("https://[::1]/", NULL);
    host_is("", NULL);

    memset(longest + strlen(longest), 'a', sizeof(longest) - 1 - strlen(longest));
    host_is(longest, NULL);
    longest[PRODUCT_URL_BYTES_MAX] = '\0';
    host_is(longest, "shop.example");
}

/* Browsers turn these into dotted addresses, other ones than people read. */
static void
a_host_in_numbers_is_a_whole_address(void **state UNUSED)
{
    host_is("https://1.2/", NULL);
    host_is("https://192.0.2.0x7/", NULL);
    host_is("https://192.0.2.07/", NULL);
    host_is("https://192.0.2.256/", NULL);
    host_is("https://1.192.0.2.7/", NULL);
    host_is("https://shop.7/", NULL);
    host_is("https://7.shop/", "7.shop");
}

static void
a_picture_may_be_anywhere_in_the_web(void **state UNUSED)
{
    assert_true(product_image_ok(STR("https://a.example")));
    assert_true(product_image_ok(STR("http://[::1]:8080/p?a=b#c")));
    assert_false(product_image_ok(STR("https://")));
    assert_false(product_image_ok(STR("https:///p")));
    assert_false(product_image_ok(STR("https://good.example@evil.example/")));
    assert_false(product_image_ok(STR("ftp://a.example/")));
    assert_false(product_image_ok(STR("//a.example/")));
    assert_false(product_image_ok(STR("https://a.example/\xE4\xBD\xA0")));
    assert_false(product_image_ok(STR("https://a.example/a b")));
    assert_false(product_image_ok(STR("https://a.example/\"")));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_header_families_say_the_same),
        cmocka_unit_test(our_own_columns_are_optional),
        cmocka_unit_test(a_header_that_cannot_be_used_is_told),
        cmocka_unit_test(bad_cells_are_told_by_column_and_reason),
        cmocka_unit_test(a_bad_variant_stays_without_a_price),
        cmocka_unit_test(published_or_status_say_whether_it_is_on_sale),
        cmocka_unit_test(rows_of_a_product_are_bounded),
        cmocka_unit_test(what_is_written_reads_the_same),
        cmocka_unit_test(html_becomes_its_text),
        cmocka_unit_test(only_a_plain_https_host_is_led_to),
        cmocka_unit_test(a_host_in_numbers_is_a_whole_address),
        cmocka_unit_test(a_picture_may_be_anywhere_in_the_web),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
