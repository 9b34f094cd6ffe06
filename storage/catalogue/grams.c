/* storage/catalogue/grams.c - cutting titles and queries into words and grams. */
#include "storage/catalogue/grams.h"

#include <assert.h>

#include "base/utf8.h"

struct gram_set {
    struct str *gram;
    size_t count;
    size_t max;
};

static void
add(struct gram_set *set, const char *from, const char *to)
{
    struct str gram = str_of(from, (size_t)(to - from));

    assert(from != NULL && from < to);
    for (size_t i = 0; i < set->count; i++) {
        if (str_equal(set->gram[i], gram)) {
            return;
        }
    }
    if (set->count < set->max) {
        set->gram[set->count++] = gram;
    }
}

bool
grams_next_word(struct str *rest, struct str *word)
{
    int32_t point;
    size_t len;

    while ((len = utf8_next(*rest, &point)) > 0 && !utf8_in_word(point)) {
        *rest = str_of(rest->data + len, rest->len - len);
    }
    *word = str_of(rest->data, 0);
    while ((len = utf8_next(*rest, &point)) > 0 && utf8_in_word(point)) {
        *rest = str_of(rest->data + len, rest->len - len);
        word->len += len;
    }
    return word->len > 0;
}

/* Walks over a word's characters; `letters` counts those since its beginning or since
 * the last ideograph. */
static void
add_word(struct gram_set *set, struct str word, bool singles)
{
    const char *at = word.data, *end = word.data + word.len, *before = NULL;
    const char *began = at;
    int letters = 0;

    while (at < end) {
        int32_t point;
        size_t len = utf8_next(str_of(at, (size_t)(end - at)), &point);
        bool ideograph = utf8_is_ideograph(point);

        if (before != NULL) {
            add(set, before, at + len);
        }
        if (ideograph && (singles || len == word.len)) {
            add(set, at, at + len);
        }
        letters = ideograph ? 0 : letters + 1;
        began = letters == 1 ? at : began;
        if (letters == 3) {
            add(set, began, at + len);
        }
        before = at;
        at += len;
    }
}

size_t
grams_of_title(struct arena *arena, struct str title, struct str grams[GRAMS_MAX])
{
    struct str rest = utf8_fold(arena, title), word;
    struct gram_set set = { grams, 0, GRAMS_MAX };

    while (grams_next_word(&rest, &word)) {
        add_word(&set, word, true);
    }
    return set.count;
}

void
query_read(struct arena *arena, struct str query, struct query_words *words)
{
    struct str rest = utf8_fold(arena, query), word;
    struct gram_set set = { words->gram, 0, QUERY_GRAMS_MAX };

    words->words = 0;
    while (words->words < QUERY_WORDS_MAX && grams_next_word(&rest, &word)) {
        words->word[words->words++] = word;
        add_word(&set, word, false);
    }
    words->grams = set.count;
}

bool
query_matches(struct arena *arena, const struct query_words *words, struct str title)
{
    struct str folded = utf8_fold(arena, title);

    for (size_t i = 0; i < words->words; i++) {
        if (folded.len == 0 || memmem(folded.data, folded.len, words->word[i].data,
                                      words->word[i].len) == NULL) {
            return false;
        }
    }
    return true;
}
