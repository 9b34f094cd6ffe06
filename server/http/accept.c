/* server/http/accept.c - quality values are read as thousandths; what cannot be read
 * counts as not said. */
#include "server/http/accept.h"

#include <assert.h>

enum { QUALITY_ONE = 1000, QUALITY_UNSAID = -1 };

/* "0.8" -> 800; more than three digits are cut. */
static int
read_quality(struct str text)
{
    int quality = 0;
    int scale = QUALITY_ONE;

    if (text.len == 0 || (text.data[0] != '0' && text.data[0] != '1')) {
        return 0;
    }
    if (text.data[0] == '1') {
        return QUALITY_ONE;
    }
    for (size_t i = 2; i < text.len && scale > 1; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            return 0;
        }
        scale /= 10;
        quality += (text.data[i] - '0') * scale;
    }
    return quality;
}

/* Takes the next element of a list: its name and its quality. */
static bool
next_element(struct str *rest, struct str *name, int *quality)
{
    struct str element, part;

    if (!str_split(rest, ',', &element)) {
        return false;
    }
    *quality = QUALITY_ONE;
    str_split(&element, ';', &part);
    *name = str_trim(part);
    while (str_split(&element, ';', &part)) {
        part = str_trim(part);
        if (part.len > 2 && (part.data[0] == 'q' || part.data[0] == 'Q') &&
            part.data[1] == '=') {
            *quality = read_quality((struct str){ part.data + 2, part.len - 2 });
        }
    }
    return true;
}

/* How well a media range fits: 3 the type itself, 2 its family, 1 anything, 0 not. */
static int
range_fit(struct str range, struct str type)
{
    const char *slash;

    if (str_equal_nocase(range, type)) {
        return 3;
    }
    if (str_equal(range, STR("*/*"))) {
        return 1;
    }
    slash = memchr(type.data, '/', type.len);
    if (slash == NULL || range.len < 3 || range.data[range.len - 1] != '*') {
        return 0;
    }
    type.len = (size_t)(slash - type.data) + 1;
    range.len--;
    return str_equal_nocase(range, type) ? 2 : 0;
}

int
accept_type(struct str accept, const char *const *types)
{
    struct {
        int fit;
        int quality;
    } said[ACCEPT_TYPES_MAX] = { { 0, 0 } };
    int best = -1;
    int best_quality = 0;
    struct str range;
    int quality;

    if (accept.data == NULL || str_trim(accept).len == 0) {
        return 0;
    }
    while (next_element(&accept, &range, &quality)) {
        for (int i = 0; types[i] != NULL; i++) {
            int fit = range_fit(range, str_from(types[i]));

            assert(i < ACCEPT_TYPES_MAX);
            if (fit > said[i].fit) {
                said[i].fit = fit;
                said[i].quality = quality;
            }
        }
    }
    for (int i = 0; types[i] != NULL; i++) {
        if (said[i].quality > best_quality) {
            best_quality = said[i].quality;
            best = i;
        }
    }
    return best;
}

enum coding
accept_coding(struct str accept)
{
    static const struct str names[CODINGS] = { [CODING_IDENTITY] = STR("identity"),
                                               [CODING_GZIP] = STR("gzip"),
                                               [CODING_BROTLI] = STR("br") };
    int said[CODINGS] = { QUALITY_UNSAID, QUALITY_UNSAID, QUALITY_UNSAID };
    int any = QUALITY_UNSAID;
    struct str name;
    int quality;

    while (next_element(&accept, &name, &quality)) {
        if (str_equal(name, STR("*"))) {
            any = quality;
        }
        for (int i = 0; i < CODINGS; i++) {
            if (said[i] == QUALITY_UNSAID && str_equal_nocase(name, names[i])) {
                said[i] = quality;
            }
        }
    }
    for (int i = 0; i < CODINGS; i++) {
        said[i] = said[i] == QUALITY_UNSAID ? any : said[i];
    }
    /* Unsaid, identity is acceptable, but whoever lists codings wants one of them. */
    if (said[CODING_BROTLI] > 0 && said[CODING_BROTLI] >= said[CODING_GZIP] &&
        said[CODING_BROTLI] >= said[CODING_IDENTITY]) {
        return CODING_BROTLI;
    }
    return said[CODING_GZIP] > 0 && said[CODING_GZIP] >= said[CODING_IDENTITY]
               ? CODING_GZIP
               : CODING_IDENTITY;
}

static bool
is_language(struct str tag, struct str primary)
{
    return tag.len >= primary.len &&
           str_equal_nocase((struct str){ tag.data, primary.len }, primary) &&
           (tag.len == primary.len || tag.data[primary.len] == '-');
}

enum language
accept_language(struct str accept)
{
    int zh = 0;
    int en = 0;
    struct str tag;
    int quality;

    while (next_element(&accept, &tag, &quality)) {
        if (is_language(tag, STR("zh")) && quality > zh) {
            zh = quality;
        } else if (is_language(tag, STR("en")) && quality > en) {
            en = quality;
        }
    }
    return en > zh ? LANGUAGE_EN : LANGUAGE_ZH;
}

bool
etag_in_list(struct str list, struct str etag, bool strong)
{
    struct str element;

    while (str_split(&list, ',', &element)) {
        element = str_trim(element);
        if (str_equal(element, STR("*"))) {
            return true;
        }
        if (str_starts(element, STR("W/"))) {
            if (strong) {
                continue;
            }
            element = (struct str){ element.data + 2, element.len - 2 };
        }
        if (str_equal(element, etag)) {
            return true;
        }
    }
    return false;
}
