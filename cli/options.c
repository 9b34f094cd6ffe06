/* cli/options.c - see options.h. */
#include "cli/options.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "base/xmalloc.h"
#include "server/net/address.h"

struct option_text {
    const char *name;
    const char *value; /* NULL: a flag; in brackets: only as --name=VALUE, optional */
    const char *meaning;
};

#define OPTION_TEXT(name, text, value, meaning) { (text), (value), (meaning) },
static const struct option_text option_texts[OPTION_COUNT] = { OPTION_MAP(
    OPTION_TEXT) };
#undef OPTION_TEXT

static int __attribute__((format(printf, 2, 0)))
say(int status, const char *format, va_list args)
{
    fputs("xiaopu: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    return status;
}

int
say_failed(const char *format, ...)
{
    va_list args;
    int status;

    va_start(args, format);
    status = say(EXIT_FAILED, format, args);
    va_end(args);
    return status;
}

int
say_usage(const char *format, ...)
{
    va_list args;
    int status;

    va_start(args, format);
    status = say(EXIT_USAGE, format, args);
    va_end(args);
    return status;
}

const char *
option_name(enum option option)
{
    return option_texts[option].name;
}

const char *
option_or(const struct options *options, enum option option, const char *otherwise)
{
    return options->value[option] ? options->value[option] : otherwise;
}

/* The option that "name" or "name=value" names; OPTION_COUNT for none. */
static enum option
option_find(struct str name, unsigned takes)
{
    for (int i = 0; i < OPTION_COUNT; i++) {
        if ((takes & (1u << i)) && str_equal(name, str_from(option_texts[i].name))) {
            return (enum option)i;
        }
    }
    return OPTION_COUNT;
}

static bool
is_option(const char *word)
{
    return strncmp(word, "--", 2) == 0;
}

/* What one option takes of argv: 1 word, or 2 with its value; 0 after a complaint. */
static int
option_read(struct options *options, int count, const char *const *argv, unsigned takes)
{
    const char *word = argv[0] + 2, *equals = strchr(word, '=');
    struct str name = equals ? str_of(word, (size_t)(equals - word)) : str_from(word);
    enum option option = option_find(name, takes);
    const char *shape, *next = count < 2 || is_option(argv[1]) ? "" : argv[1], **value;

    if (option == OPTION_COUNT) {
        say_usage("no such option here: --%.*s", STR_ARGS(name));
        return 0;
    }
    shape = option_texts[option].value;
    value = &options->value[option];
    if (*value) {
        say_usage("--%s is given twice", option_texts[option].name);
        return 0;
    }
    if (!shape && equals) {
        say_usage("--%s takes no value", option_texts[option].name);
        return 0;
    }
    if (!equals && (!shape || shape[0] == '[')) {
        *value = "";
        return 1;
    }
    *value = equals ? equals + 1 : next;
    if ((*value)[0] == '\0') {
        say_usage("--%s needs a value: %s", option_texts[option].name, shape);
        return 0;
    }
    return equals ? 1 : 2;
}

bool
options_read(struct options *options, int count, const char *const *argv,
             unsigned takes)
{
    *options = (struct options){ 0 };
    for (int i = 0, used; i < count; i += used) {
        if (!is_option(argv[i])) {
            if (options->args_count == ARGS_MAX) {
                say_usage("too many arguments: %s", argv[i]);
                return false;
            }
            options->args[options->args_count++] = argv[i];
            used = 1;
        } else if (!(used = option_read(options, count - i, argv + i, takes))) {
            return false;
        }
    }
    return true;
}

unsigned
options_words(const struct options *options, unsigned takes, char *words[OPTION_COUNT])
{
    unsigned count = 0;

    for (int i = 0; i < OPTION_COUNT; i++) {
        const char *name = option_texts[i].name, *value = options->value[i];
        size_t room;

        if (value && (takes & (1u << i))) {
            room = strlen(name) + strlen(value) + sizeof("--=");
            words[count] = xmalloc(room);
            snprintf(words[count++], room, "--%s%s%s", name, value[0] ? "=" : "",
                     value);
        }
    }
    return count;
}

void
options_print(unsigned takes)
{
    for (int i = 0; i < OPTION_COUNT; i++) {
        const struct option_text *text = &option_texts[i];
        bool joined = text->value && text->value[0] == '[';

        if (takes & (1u << i)) {
            printf("  --%s%s%-*s %s\n", text->name, joined ? "" : " ",
                   (joined ? 30 : 29) - (int)strlen(text->name),
                   text->value ? text->value : "", text->meaning);
        }
    }
}

bool
listen_address_read(const char *text, struct listen_address *address)
{
    const char *colon = strrchr(text, ':');
    struct address numeric;
    struct str host;
    int64_t port;

    if (!colon || !str_to_i64(str_from(colon + 1), &port) || port < 0 || port > 65535) {
        return false;
    }
    host = str_of(text, (size_t)(colon - text));
    if (host.len > 2 && host.data[0] == '[' && host.data[host.len - 1] == ']') {
        host = str_of(host.data + 1, host.len - 2);
    } else if (memchr(host.data, ':', host.len)) {
        return false; /* an IPv6 address needs its brackets */
    }
    if (host.len >= sizeof(address->host) || str_trim(host).len != host.len ||
        !address_read(host, &numeric)) {
        return false;
    }
    memcpy(address->host, host.data, host.len);
    address->host[host.len] = '\0';
    address->port = (int)port;
    return true;
}
