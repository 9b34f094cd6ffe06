/* cli/judge.c - see judge.h. */
#include "cli/judge.h"

#include <string.h>

#include "cli/run.h"
#include "proto/ids.h"
#include "proto/time.h"
#include "server/net/address.h"
#include "server/server.h"
#include "storage/store.h"

/* --- one value ---------------------------------------------------------------------- */
static bool
is_address(const char *value)
{
    struct listen_address address;

    return listen_address_read(value, &address);
}

static bool
is_loops(const char *value)
{
    int64_t number;

    return str_to_i64(str_from(value), &number) && number >= 1 &&
           number <= SERVER_LOOPS_MAX;
}

static bool
is_networks(const char *value)
{
    struct proxy_ranges ranges;

    return proxy_ranges_read(value, &ranges);
}

static bool
is_durability(const char *value)
{
    return strcmp(value, "always") == 0 || strcmp(value, "everysec") == 0;
}

static bool
is_time(const char *value)
{
    int64_t at_ms;

    return value[0] == '\0' || time_read(str_from(value), &at_ms);
}

static bool
is_merchant(const char *value)
{
    struct member_id id;

    return member_id_parse(str_from(value), &id);
}

/* Options that are not here are names of files, which are judged when they are opened. */
static const struct {
    bool (*good)(const char *value);
    const char *should; /* behind the option's name */
    bool secret;        /* the value may hold a password: it is not repeated */
} judges[OPTION_COUNT] = {
    [OPTION_REDIS] = { store_url_ok,
                       "is redis://user:password@host:port[,host:port ..] or unix:PATH",
                       true },
    [OPTION_LISTEN] = { is_address, "is not an ADDR:PORT", false },
    [OPTION_ADMIN] = { is_address, "is not an ADDR:PORT", false },
    [OPTION_PUBLIC_URL] = { server_url_ok,
                            "is http:// or https:// with a host, no path", false },
    [OPTION_LOOPS] = { is_loops, "is a number from 1 to 64", false },
    [OPTION_TRUST_PROXY] = { is_networks, "is up to 16 networks, as 10.0.0.0/8,::1",
                             false },
    [OPTION_DURABILITY] = { is_durability, "is always or everysec", false },
    [OPTION_TEST_CLOCK] = { is_time, "takes a time in RFC 3339", false },
    [OPTION_MERCHANT] = { is_merchant, "is a merchant's id", false },
};

_Static_assert(SERVER_LOOPS_MAX == 64, "the text above names it");

static int
judge_values(const struct options *options)
{
    for (int i = 0; i < OPTION_COUNT; i++) {
        const char *value = options->value[i];

        if (value && judges[i].good && !judges[i].good(value)) {
            return say_usage("--%s %s%s%s", option_name((enum option)i),
                             judges[i].should, judges[i].secret ? "" : ": ",
                             judges[i].secret ? "" : value);
        }
    }
    return EXIT_DONE;
}

/* --- what goes together ------------------------------------------------------------- */
static bool
given(const struct options *options, enum option option)
{
    return options->value[option] != NULL;
}

/* Two that are chosen by the system are never the same. */
static bool
is_one_address(const struct options *options)
{
    struct listen_address listen, admin;

    return listen_address_read(option_or(options, OPTION_LISTEN, LISTEN_DEFAULT),
                               &listen) &&
           listen_address_read(option_or(options, OPTION_ADMIN, ADMIN_DEFAULT),
                               &admin) &&
           listen.port == admin.port && listen.port != 0 &&
           strcmp(listen.host, admin.host) == 0;
}

static int
judge_together(const struct options *options)
{
    if (given(options, OPTION_REDIS) &&
        (given(options, OPTION_DATA) || !given(options, OPTION_KEYS))) {
        return say_usage("--redis URL goes with --keys FILE and without --data");
    }
    if (given(options, OPTION_REDIS) && given(options, OPTION_DURABILITY)) {
        return say_usage("--durability is for the store of --data");
    }
    if (given(options, OPTION_TLS_CERT) != given(options, OPTION_TLS_KEY)) {
        return say_usage("--tls-cert and --tls-key go together");
    }
    if (is_one_address(options)) {
        return say_usage("--listen and --admin are one address");
    }
    return EXIT_DONE;
}

/* There is no merchant by default; and without a directory no key file. */
static int
judge_missing(const struct options *options, unsigned takes)
{
    if ((takes & TAKES(MERCHANT)) && !given(options, OPTION_MERCHANT)) {
        return say_usage("--merchant ID says whose");
    }
    if ((takes & TAKES(KEYS)) && !(takes & TAKES(DATA)) &&
        !given(options, OPTION_KEYS)) {
        return say_usage("--keys FILE says which file");
    }
    return EXIT_DONE;
}

int
options_judge(const struct options *options, unsigned takes)
{
    int status = judge_values(options);

    if (status == EXIT_DONE) {
        status = judge_missing(options, takes);
    }
    return status == EXIT_DONE ? judge_together(options) : status;
}
