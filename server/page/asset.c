/* server/page/asset.c - see the header. */
#include "server/page/asset.h"

#include <assert.h>

#include "base/embedded.h"
#include "server/page/pages.h"

EMBEDDED(asset)

static const struct {
    const char *extension;
    const char *type;
} types[] = {
    { "css", "text/css; charset=utf-8" },
    { "js", "text/javascript; charset=utf-8" },
    { "svg", "image/svg+xml" },
};

/* "style.css" -> "style" and "css". */
static bool
split_name(struct str name, struct str *stem, struct str *extension)
{
    const char *dot = memrchr(name.data, '.', name.len);

    if (dot == NULL) {
        return false;
    }
    *stem = (struct str){ name.data, (size_t)(dot - name.data) };
    *extension = (struct str){ dot + 1, name.len - stem->len - 1 };
    return true;
}

static const char *
type_of(struct str extension)
{
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (str_equal(extension, str_from(types[i].extension))) {
            return types[i].type;
        }
    }
    return NULL; /* a packed form, not a file of its own */
}

static struct str
packed(struct arena *arena, struct str name, const char *suffix)
{
    struct str whole = arena_printf(arena, "%.*s.%s", STR_ARGS(name), suffix);
    const struct embedded *file =
        embedded_find(embedded_asset, embedded_asset_count, whole);

    return file != NULL ? file->bytes : (struct str){ NULL, 0 };
}

struct str
asset_address(struct arena *arena, struct str name)
{
    const struct embedded *file =
        embedded_find(embedded_asset, embedded_asset_count, name);
    struct str stem, extension;
    bool known = file != NULL && split_name(name, &stem, &extension);

    assert(known);
    return arena_printf(arena, "/asset/%.*s.%s.%.*s", STR_ARGS(stem), file->hash,
                        STR_ARGS(extension));
}

bool
asset_find(struct arena *arena, struct str hashed_name, const char **type,
           struct coded_body *body)
{
    struct str stem, extension, name, hash, plain;
    const struct embedded *file;

    if (!split_name(hashed_name, &stem, &extension) ||
        !split_name(stem, &name, &hash)) {
        return false;
    }
    plain = arena_printf(arena, "%.*s.%.*s", STR_ARGS(name), STR_ARGS(extension));
    file = embedded_find(embedded_asset, embedded_asset_count, plain);
    *type = type_of(extension);
    if (file == NULL || *type == NULL || !str_equal(hash, str_from(file->hash))) {
        return false;
    }
    *body = (struct coded_body){ .identity = file->bytes,
                                 .gzip = packed(arena, plain, "gz"),
                                 .brotli = packed(arena, plain, "br"),
                                 .version = str_from(file->hash) };
    return true;
}

enum err
page_asset(struct request *req)
{
    struct coded_body body;
    const char *type;

    if (!asset_find(req->arena, request_param(req, "name"), &type, &body)) {
        return ERR_NOT_FOUND;
    }
    return reply_coded(req, type, &body);
}
