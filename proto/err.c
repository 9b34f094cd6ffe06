/* proto/err.c - the list of errors as tables. */
#include "proto/err.h"

#include <assert.h>

#define ERR_CODE(name, code, text) code,
static const char *const codes[] = { ERR_MAP(ERR_CODE) };
#undef ERR_CODE
#define ERR_TEXT(name, code, text) text,
static const char *const texts[] = { ERR_MAP(ERR_TEXT) };
#undef ERR_TEXT

const char *
err_code(enum err err)
{
    assert(err < ERR_COUNT);
    return codes[err];
}

const char *
err_text(enum err err)
{
    assert(err < ERR_COUNT);
    return texts[err];
}

enum err
err_parse(struct str code)
{
    for (enum err err = ERR_NONE; err < ERR_COUNT; err++) {
        if (str_equal(code, str_from(codes[err]))) {
            return err;
        }
    }
    return ERR_INTERNAL;
}
