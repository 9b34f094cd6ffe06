/* storage/catalogue/grams.h - the pieces by which titles are found. Pure.
 *
 * A title is folded (NFKC, no case) and cut into words: runs of letters and digits. Its
 * grams are every two neighbouring characters of a word; each ideograph alone; and the
 * first three letters of a word, so that "globe" finds what begins so and not every
 * "lobe". A query is cut the same way, and what has all its grams is looked at once
 * more: it matches when it holds each of the query's words.
 */
#ifndef STORAGE_CATALOGUE_GRAMS_H
#define STORAGE_CATALOGUE_GRAMS_H

#include "base/arena.h"

enum { GRAMS_MAX = 800, QUERY_GRAMS_MAX = 24, QUERY_WORDS_MAX = 8 };

/* The distinct grams of a title's first GRAMS_MAX; all in the arena. */
size_t grams_of_title(struct arena *arena, struct str title,
                      struct str grams[GRAMS_MAX]);

/* The next word of folded text; *rest moves behind it. False at the end. */
bool grams_next_word(struct str *rest, struct str *word);

struct query_words {
    struct str word[QUERY_WORDS_MAX]; /* folded; more than that are not looked at */
    size_t words;
    struct str gram[QUERY_GRAMS_MAX];
    size_t grams;
};

void query_read(struct arena *arena, struct str query, struct query_words *words);
bool query_matches(struct arena *arena, const struct query_words *words,
                   struct str title);

#endif
