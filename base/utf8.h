/* base/utf8.h - text that strangers wrote, judged and made comparable (utf8proc). */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/arena.h"
#include "base/str.h"

bool utf8_valid(struct str s); /* no overlong forms, no surrogates */

enum utf8_text {
    UTF8_LINE,     /* one line: no control character at all */
    UTF8_PARAGRAPH /* line feeds are allowed */
};
/* NFC of s without white space at its ends, in the arena, when it is valid UTF-8 of
 * min ... max characters and holds no control, bidi-control or zero-width character (a
 * ZWJ inside an emoji sequence is allowed). False, and *out untouched, otherwise. */
bool utf8_text(struct arena *arena, struct str s, enum utf8_text kind, size_t min,
               size_t max, struct str *out);

/* NFKC, case-folded: for comparing and searching. Valid UTF-8 only; an empty str when
 * memory runs out. */
struct str utf8_fold(struct arena *arena, struct str s);
/* The length of the character at s.data[0] and its code point; 0 at the end. */
size_t utf8_next(struct str s, int32_t *code_point);
size_t utf8_count(struct str s); /* characters of valid UTF-8 */
/* Letters, digits and what belongs to them: what words are made of. */
bool utf8_in_word(int32_t code_point);
/* Scripts whose characters are words or syllables, without spaces between words: Han,
 * Kana, Hangul. */
bool utf8_is_ideograph(int32_t code_point);

#endif
