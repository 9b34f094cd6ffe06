/* base/encode.h - numbers as decimal text; bytes as hex and Base64 text, and back. */
#ifndef BASE_ENCODE_H
#define BASE_ENCODE_H

#include "base/str.h"

/* Without a NUL; how long it is. What is written for every request needs no printf. */
enum { ENCODE_DECIMAL_BYTES = 20 };
size_t encode_decimal(int64_t number, char out[ENCODE_DECIMAL_BYTES]);

/* Lower-case hex; out holds 2 * len + 1 with the NUL. */
void encode_hex(struct str data, char *out);
/* Both cases; false unless all of s is hex for exactly out_len bytes. */
bool decode_hex(struct str s, uint8_t *out, size_t out_len);

/* Base64 with padding; out holds ENCODE_BASE64_BYTES(len) with the NUL. */
#define ENCODE_BASE64_BYTES(len) (((len) + 2) / 3 * 4 + 1)
size_t encode_base64(struct str data, char *out);
/* base64url without padding, the same room. */
size_t encode_base64url(struct str data, char *out);
/* Strict: padding, no spaces, no stray bits. *out_len goes in as room, comes out as
 * used. */
bool decode_base64(struct str s, uint8_t *out, size_t *out_len);
bool decode_base64url(struct str s, uint8_t *out, size_t *out_len);

#endif
