/* server/http/compress.c - zlib and brotli, each level chosen once. */
#include "server/http/compress.h"

#include <brotli/encode.h>
#include <zlib.h>

enum { GZIP_WINDOW_BITS = 15 + 16, GZIP_MEMORY_LEVEL = 8 };

bool
compress_worth(const char *type, size_t len)
{
    struct str name = str_from(type);

    return len >= COMPRESS_BYTES_MIN && len <= COMPRESS_BYTES_MAX &&
           (str_starts(name, STR("text/")) || str_starts(name, STR("application/")) ||
            str_starts(name, STR("image/svg")));
}

static size_t
gzip(struct str body, char *out, size_t room)
{
    z_stream stream = { 0 };
    size_t len = 0;

    if (deflateInit2(&stream, COMPRESS_GZIP_LEVEL, Z_DEFLATED, GZIP_WINDOW_BITS,
                     GZIP_MEMORY_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK) {
        return 0;
    }
    stream.next_in = (Bytef *)(uintptr_t)body.data;
    stream.avail_in = (uInt)body.len;
    stream.next_out = (Bytef *)out;
    stream.avail_out = (uInt)room;
    if (deflate(&stream, Z_FINISH) == Z_STREAM_END) {
        len = stream.total_out;
    }
    deflateEnd(&stream);
    return len;
}

static size_t
brotli(struct str body, char *out, size_t room)
{
    size_t len = room;

    return BrotliEncoderCompress(COMPRESS_BROTLI_QUALITY, BROTLI_DEFAULT_WINDOW,
                                 BROTLI_MODE_TEXT, body.len, (const uint8_t *)body.data,
                                 &len, (uint8_t *)out)
               ? len
               : 0;
}

bool
compress_body(struct arena *arena, enum coding coding, struct str body, struct str *out)
{
    char *room;
    size_t len;

    if (coding == CODING_IDENTITY ||
        (room = arena_try_alloc(arena, body.len)) == NULL) {
        return false;
    }
    len = coding == CODING_GZIP ? gzip(body, room, body.len)
                                : brotli(body, room, body.len);
    if (len == 0) {
        return false;
    }
    *out = (struct str){ room, len };
    return true;
}

const char *
coding_name(enum coding coding)
{
    static const char *const names[CODINGS] = {
        [CODING_GZIP] = "gzip", [CODING_BROTLI] = "br"
    };

    return names[coding];
}
