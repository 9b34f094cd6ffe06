/* server/http/accept.h - what a client would rather have: types, codings, languages,
 * and entity tags it holds. Pure (RFC 9110, 12.5 and 13.1). */
#ifndef SERVER_HTTP_ACCEPT_H
#define SERVER_HTTP_ACCEPT_H

#include "base/str.h"
#include "server/request.h"

enum { ACCEPT_TYPES_MAX = 4 };

enum coding { CODING_IDENTITY, CODING_GZIP, CODING_BROTLI, CODINGS };

/* The index of the type the field likes best, the first of equals; -1 when none will
 * do. `types`, ACCEPT_TYPES_MAX at most, ends with NULL. An absent field accepts
 * everything. */
int accept_type(struct str accept, const char *const *types);
/* Brotli before gzip before identity among equals. */
enum coding accept_coding(struct str accept_encoding);
/* Chinese unless English is liked better. */
enum language accept_language(struct str accept_language);
/* Is the tag in an If-None-Match or If-Match list? "*" holds every tag. The strong
 * comparison never takes a weak tag. */
bool etag_in_list(struct str list, struct str etag, bool strong);

#endif
