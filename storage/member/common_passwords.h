/* storage/member/common_passwords.h - what guessers try first, folded, NULL at the end.
 *
 * Collected by hand: rows of keys, counted digits, the plain words and years that
 * people add to them, in English and in pinyin. Shorter ones are refused by length.
 */
#ifndef STORAGE_MEMBER_COMMON_PASSWORDS_H
#define STORAGE_MEMBER_COMMON_PASSWORDS_H

extern const char *const common_passwords[];

#endif
