/* server/api/doc.h - the small parts that documents are put together from. */
#ifndef SERVER_API_DOC_H
#define SERVER_API_DOC_H

#include <jansson.h>

#include "proto/ids.h"

json_t *doc_str(struct str s);
json_t *doc_text_or_null(struct str s); /* null when it is empty */
json_t *doc_id(int64_t id);             /* decimal digits, as a string */
json_t *doc_id_or_null(int64_t id);     /* null for 0 */
json_t *doc_time(int64_t at_ms);

#endif
