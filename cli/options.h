/* cli/options.h - what stands behind a command, read by one table.
 *
 * Options are written --name VALUE or --name=VALUE, anywhere behind the command; what
 * is not an option is an argument. Nothing here knows what a value means: cli/judge
 * does, and commands read them, with the few helpers below that several need.
 *
 * Ownership   Values are borrowed from argv, which lives as long as the process.
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

/* X(NAME, "name", "VALUE as usage shows it" or NULL for a flag, "meaning") */
// clang-format off
#define OPTION_MAP(X)                                                                   \
    X(DATA, "data", "DIR", "the data directory (./data)")                               \
    X(REDIS, "redis", "URL", "redis://user:password@host:port[,host:port ..] or unix:PATH") \
    X(KEYS, "keys", "FILE", "the key file (DIR/xiaopu.keys)")                           \
    X(LISTEN, "listen", "ADDR:PORT", "pages and API (127.0.0.1:8080)")                  \
    X(ADMIN, "admin", "ADDR:PORT", "health and metrics (127.0.0.1:8081)")               \
    X(PUBLIC_URL, "public-url", "URL", "what links begin with (http://ADDR:PORT)")      \
    X(TLS_CERT, "tls-cert", "FILE", "certificate chain, PEM")                           \
    X(TLS_KEY, "tls-key", "FILE", "its key, PEM")                                       \
    X(LOOPS, "loops", "N", "threads that serve (one for each core)")                    \
    X(TRUST_PROXY, "trust-proxy", "CIDR", "whose X-Forwarded-For counts")               \
    X(DURABILITY, "durability", "always|everysec", "when the store syncs (always)")     \
    X(DEMO, "demo", NULL, "fill an empty store with goods, shops and history")          \
    X(TEST_CLOCK, "test-clock", "[=RFC3339]", "a clock that tests may move")            \
    X(KEY, "key", "FILE", "the public key a receipt must be signed with, PEM")          \
    X(PRUNE, "prune", NULL, "delete function libraries of ours that nobody uses")       \
    X(MERCHANT, "merchant", "ID", "whose goods or sales these are")
// clang-format on

#define OPTION_ENUM(name, text, value, meaning) OPTION_##name,
enum option { OPTION_MAP(OPTION_ENUM) OPTION_COUNT };
#undef OPTION_ENUM

enum { ARGS_MAX = 4 };

struct options {
    const char *value[OPTION_COUNT]; /* NULL: not given; a flag's is "" */
    const char *args[ARGS_MAX];      /* without the command's own words */
    unsigned args_count;
};

#define TAKES(name) (1u << OPTION_##name)

/* Reads argv[0 .. count). `takes` holds bits of the options this command knows. False
 * after one line on stderr that says what is wrong. */
bool options_read(struct options *options, int count, const char *const *argv,
                  unsigned takes);

/* Without its dashes. */
const char *option_name(enum option option);

/* The value, or `otherwise` when the option was not given. */
const char *option_or(const struct options *options, enum option option,
                      const char *otherwise);

/* The given ones of the options in `takes`, as words "--name=VALUE" for a process of
 * ours; their memory is the caller's. How many there are. */
unsigned options_words(const struct options *options, unsigned takes,
                       char *words[OPTION_COUNT]);

/* One line of usage for each option in `takes`, on stdout. */
void options_print(unsigned takes);

/* --- how commands end; each prints one line on stderr -------------------------------- */
enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

/* Returns EXIT_FAILED. */
int say_failed(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Returns EXIT_USAGE. */
int say_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* An address as --listen takes it: "127.0.0.1:8080", "[::1]:8080", never a name; port 0
 * lets the system choose. False when it is not one. */
struct listen_address {
    char host[64];
    int port;
};
bool listen_address_read(const char *text, struct listen_address *address);

#endif
