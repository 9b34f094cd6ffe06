/* server/text/text.c - finding a text and filling its places. */
#include "server/text/text.h"

#include <assert.h>

enum { PIECES_MAX = 16 }; /* of a text with its places filled */

#define TEXT_KEY(name, key) key,
static const char *const keys[] = { TEXT_MAP(TEXT_KEY) };
#undef TEXT_KEY

static const struct text_catalogue *const catalogues[LANGUAGES] = {
    [LANGUAGE_ZH] = &text_zh,
    [LANGUAGE_EN] = &text_en,
};

const char *
text_of(enum language language, enum text text)
{
    assert(language < LANGUAGES && text < TEXT_COUNT);
    return catalogues[language]->text[text];
}

const char *
text_key(enum text text)
{
    assert(text < TEXT_COUNT);
    return keys[text];
}

struct text_problem
text_problem(enum language language, enum err err)
{
    assert(language < LANGUAGES && err < ERR_COUNT);
    return catalogues[language]->problem[err];
}

/* The place named at the front of `rest`, behind its brace. */
static const struct text_place *
place_at(const char *rest, size_t len, const struct text_place *places, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (str_equal(str_of(rest, len), str_from(places[i].name))) {
            return &places[i];
        }
    }
    return NULL;
}

struct str
text_fill(struct arena *arena, enum language language, enum text text,
          const struct text_place *places, size_t count)
{
    struct str pieces[PIECES_MAX];
    size_t piece_count = 0;

    for (const char *rest = text_of(language, text); *rest != '\0';) {
        const char *brace = strchrnul(rest, '{');
        const char *end = *brace == '{' ? strchrnul(brace, '}') : brace;
        const struct text_place *place;

        assert(piece_count + 2 <= PIECES_MAX);
        pieces[piece_count++] = str_of(rest, (size_t)(brace - rest));
        rest = brace;
        if (*brace == '{') {
            place = place_at(brace + 1, (size_t)(end - brace) - 1, places, count);
            assert(place != NULL); /* a place nobody fills */
            pieces[piece_count++] = place->value;
            rest = end + 1;
        }
    }
    return arena_join(arena, pieces, piece_count);
}
