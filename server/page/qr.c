/* server/page/qr.c - libqrencode makes the modules; we draw them, libgd packs PNGs. */
#include "server/page/qr.h"

#include <gd.h>
#include <qrencode.h>

enum { QUIET = 4, PIXELS = 8 }; /* the empty border in modules, a module in pixels */

static QRcode *
encode(struct str link)
{
    if (link.len == 0 || link.len > INT16_MAX) {
        return NULL;
    }
    return QRcode_encodeData((int)link.len, (const unsigned char *)link.data, 0,
                             QR_ECLEVEL_M);
}

static bool
is_dark(const QRcode *code, int x, int y)
{
    return (code->data[y * code->width + x] & 1) != 0;
}

/* Runs of dark modules in a row as strokes one module high. */
static void
svg_row(const QRcode *code, int y, struct buf *out)
{
    for (int x = 0; x < code->width; x++) {
        int from = x;

        while (x < code->width && is_dark(code, x, y)) {
            x++;
        }
        if (x > from) {
            buf_printf(out, "M%d %d.5h%d", from + QUIET, y + QUIET, x - from);
        }
    }
}

bool
qr_svg(struct str link, struct buf *out)
{
    QRcode *code = encode(link);
    int side;

    if (code == NULL) {
        return false;
    }
    side = code->width + 2 * QUIET;
    buf_printf(out,
               "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "
               "shape-rendering=\"crispEdges\">"
               "<path fill=\"#fff\" d=\"M0 0h%dv%dH0z\"/><path stroke=\"#000\" d=\"",
               side, side, side, side);
    for (int y = 0; y < code->width; y++) {
        svg_row(code, y, out);
    }
    buf_put_str(out, STR("\"/></svg>\n"));
    QRcode_free(code);
    return !out->full;
}

static void
draw(const QRcode *code, gdImagePtr image)
{
    int dark;

    gdImageColorAllocate(image, 255, 255, 255); /* the first is the ground */
    dark = gdImageColorAllocate(image, 0, 0, 0);
    for (int y = 0; y < code->width; y++) {
        for (int x = 0; x < code->width; x++) {
            int left = (x + QUIET) * PIXELS, top = (y + QUIET) * PIXELS;

            if (is_dark(code, x, y)) {
                gdImageFilledRectangle(image, left, top, left + PIXELS - 1,
                                       top + PIXELS - 1, dark);
            }
        }
    }
}

bool
qr_png(struct str link, struct buf *out)
{
    QRcode *code = encode(link);
    int side = code != NULL ? (code->width + 2 * QUIET) * PIXELS : 0, len = 0;
    gdImagePtr image = code != NULL ? gdImageCreate(side, side) : NULL;
    void *png = NULL;

    if (image != NULL) {
        draw(code, image);
        png = gdImagePngPtr(image, &len);
        gdImageDestroy(image);
    }
    if (png != NULL) {
        buf_put(out, png, (size_t)len);
        gdFree(png);
    }
    QRcode_free(code);
    return png != NULL && !out->full;
}
