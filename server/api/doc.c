/* server/api/doc.c - see the header. */
#include "server/api/doc.h"

#include <inttypes.h>
#include <stdio.h>

#include "proto/time.h"

json_t *
doc_str(struct str s)
{
    return json_stringn(s.len > 0 ? s.data : "", s.len);
}

json_t *
doc_text_or_null(struct str s)
{
    return s.len > 0 ? doc_str(s) : json_null();
}

json_t *
doc_id(int64_t id)
{
    char text[32];

    snprintf(text, sizeof(text), "%" PRId64, id);
    return json_string(text);
}

json_t *
doc_id_or_null(int64_t id)
{
    return id != 0 ? doc_id(id) : json_null();
}

json_t *
doc_time(int64_t at_ms)
{
    char text[TIME_TEXT_BYTES];

    time_write(at_ms, text);
    return json_string(text);
}
