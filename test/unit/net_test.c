/* test/unit/net_test.c - client addresses behind proxies, limits, deadlines, signatures.
 */
#include "base/clock.h"
#include "base/crypto.h"
#include "base/encode.h"
#include "server/auth/signature.h"
#include "server/loop/crawler.h"
#include "server/loop/limit.h"
#include "server/net/address.h"
#include "server/net/wheel.h"
#include "test/unit/unit.h"

static struct address
address_of(const char *text)
{
    struct address address;

    assert_true(address_read(str_from(text), &address));
    return address;
}

static void
expect_client(const char *ranges_text, const char *peer, const char *forwarded,
              const char *client)
{
    struct proxy_ranges ranges;
    struct address found;
    char text[ADDRESS_TEXT_BYTES];

    assert_true(proxy_ranges_read(ranges_text, &ranges));
    found = address_behind(&ranges, address_of(peer),
                           forwarded != NULL ? str_from(forwarded)
                                             : (struct str){ NULL, 0 });
    address_write(&found, text);
    assert_string_equal(text, client);
}

static void
only_trusted_proxies_say_whose_request_it_is(void **state UNUSED)
{
    expect_client(NULL, "10.0.0.1", "1.2.3.4", "10.0.0.1");
    expect_client("10.0.0.0/8", "10.0.0.1", "1.2.3.4", "1.2.3.4");
    expect_client("10.0.0.0/8", "11.0.0.1", "1.2.3.4", "11.0.0.1");
    expect_client("10.0.0.0/8", "10.0.0.1", "6.6.6.6, 1.2.3.4, 10.9.9.9", "1.2.3.4");
    expect_client("10.0.0.0/8", "10.0.0.1", "nonsense", "10.0.0.1");
    expect_client("10.0.0.0/8", "10.0.0.1", NULL, "10.0.0.1");
    expect_client("10.0.0.1, ::1", "::1", "fe80::1", "fe80::1");
    expect_client("2001:db8::/33", "2001:db8:1::5", "1.1.1.1", "1.1.1.1");
    expect_client("2001:db8::/33", "2001:db8:8000::5", "1.1.1.1", "2001:db8:8000::5");
}

static void
bad_ranges_are_refused(void **state UNUSED)
{
    static const char *const bad[] = { "10.0.0.0/33", "x", "10.0.0.0/", "::/129", "," };
    struct proxy_ranges ranges;

    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_false(proxy_ranges_read(bad[i], &ranges));
    }
}

static void
a_limit_grants_its_calls_and_then_one_at_a_time(void **state UNUSED)
{
    struct limits *limits = limits_new();
    struct limit_want want = { "x", STR("a"), 10, 1 };
    struct limit_want other = { "x", STR("b"), 10, 1 };
    int64_t now_us = 5000000;

    for (int i = 0; i < 10; i++) {
        assert_int_equal(limits_take(limits, &want, now_us), 0);
    }
    assert_in_range(limits_take(limits, &want, now_us), 100, 101);
    assert_int_equal(limits_take(limits, &other, now_us), 0);
    assert_int_equal(limits_take(limits, &want, now_us + 100000), 0);
    assert_int_not_equal(limits_take(limits, &want, now_us + 100000), 0);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(limits_take(limits, &want, now_us + 2000000), 0);
    }
    limits_free(&limits);
}

/* The vector of Standard Webhooks (CONVENTIONS.md 6). */
static void
signatures_are_judged_part_by_part(void **state UNUSED)
{
    static const char wanted[] = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    struct signed_message message = { STR("msg_p5jXN8AQM9LWM0D4loKWxJek"),
                                      STR("1614265330"), str_from(wanted),
                                      STR("{\"test\": 2432232314}") };
    uint8_t key[64];
    size_t len = sizeof key;
    struct str k;

    assert_true(decode_base64(STR("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), key, &len));
    k = str_of(key, len);
    assert_null(signature_fault(&message, k, 1614265330 + 300));
    assert_string_equal(signature_fault(&message, k, 1614265330 + 301),
                        "webhook-timestamp");
    assert_string_equal(signature_fault(&message, k, 1614265330 - 301),
                        "webhook-timestamp");
    message.signatures = STR("v1,AAAA v1a,x "
                             "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    assert_null(signature_fault(&message, k, 1614265330));
    message.body = STR("{\"test\":2432232314}");
    assert_string_equal(signature_fault(&message, k, 1614265330), "webhook-signature");
    message.signatures = (struct str){ NULL, 0 };
    assert_string_equal(signature_fault(&message, k, 1614265330), "webhook-signature");
    message.id = STR("");
    assert_string_equal(signature_fault(&message, k, 1614265330), "webhook-id");
}

static int fired;

static void
on_fire(struct wheel_timer *timer)
{
    assert_true(clock_mono_ms() >= timer->at_ms);
    fired++;
}

static void
timers_fire_once_and_not_when_moved_or_cleared(void **state UNUSED)
{
    uv_loop_t loop;
    struct wheel *wheel;
    struct wheel_timer timers[4] = {
        { .fn = on_fire }, { .fn = on_fire }, { .fn = on_fire }, { .fn = on_fire }
    };
    int64_t now_ms = clock_mono_ms();

    fired = 0;
    uv_loop_init(&loop);
    wheel = wheel_new(&loop);
    wheel_set(wheel, &timers[0], now_ms + 50);
    wheel_set(wheel, &timers[1], now_ms + 90000);
    wheel_set(wheel, &timers[1], now_ms + 120);
    wheel_set(wheel, &timers[2], now_ms + 50);
    wheel_clear(wheel, &timers[2]);
    wheel_set(wheel, &timers[3], now_ms - 5);
    uv_run(&loop, UV_RUN_DEFAULT); /* ends when no timer is set */
    assert_int_equal(fired, 3);
    wheel_close(&wheel);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
}

static void
crawlers_say_so(void **state UNUSED)
{
    assert_true(is_crawler("Mozilla/5.0 (compatible; Googlebot/2.1)"));
    assert_true(is_crawler("facebookexternalhit/1.1"));
    assert_false(is_crawler("Mozilla/5.0 (X11; Linux x86_64) Firefox/115.0"));
    assert_false(is_crawler(""));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_trusted_proxies_say_whose_request_it_is),
        cmocka_unit_test(bad_ranges_are_refused),
        cmocka_unit_test(a_limit_grants_its_calls_and_then_one_at_a_time),
        cmocka_unit_test(signatures_are_judged_part_by_part),
        cmocka_unit_test(timers_fire_once_and_not_when_moved_or_cleared),
        cmocka_unit_test(crawlers_say_so),
    };

    return cmocka_run_group_tests_name("net", tests, NULL, NULL);
}
