/* server/page/pages.c - the set of templates, what every page may name, and answers. */
#include "server/page/pages.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/embedded.h"
#include "base/xmalloc.h"
#include "server/page/asset.h"
#include "server/page/mustache.h"
#include "server/page/view.h"

EMBEDDED(template)

enum {
    PAGE_BYTES_MAX = 1 << 20,
    PAGE_BYTES_USUAL = 16 << 10,
    PAGES_ARENA_BYTES = 256 << 10
};

struct pages {
    struct mustache *templates[LANGUAGES];
    struct str public_url;
    char text[]; /* of the url */
};

static void
wrong_template(struct str name, const struct mustache_fault *fault)
{
    fprintf(stderr, "server/page/template/%.*s:%d: %s\n", STR_ARGS(name), fault->line,
            fault->reason);
    abort();
}

/* --- what is the same on all pages of a language -------------------------------------
 * Templates name it between [[ and ]]. It becomes part of their text when they are loaded,
 * and rendering a page does not look it up any more. */
static void
put_asset(struct arena *arena, struct value *assets, const char *name, struct str file)
{
    value_put_text(assets, name, asset_address(arena, file));
}

/* {"t": words, "a": addresses of assets} */
static struct value *
constants(struct arena *arena, enum language language)
{
    struct value *both = value_object(arena, 2);
    struct value *words = value_object(arena, TEXT_COUNT);
    struct value *assets = value_object(arena, 3);

    for (enum text text = 0; text < TEXT_COUNT; text++) {
        value_put_text(words, text_key(text), str_from(text_of(language, text)));
    }
    put_asset(arena, assets, "style", STR("style.css"));
    put_asset(arena, assets, "icon", STR("icon.svg"));
    put_asset(arena, assets, "pictures", STR("pictures.svg"));
    value_put(both, "t", words);
    value_put(both, "a", assets);
    return both;
}

/* A template of which only what stands between [[ and ]] is rendered. */
static void
fill_constants(const struct embedded *source, const struct value *values,
               struct arena *arena, struct buf *filled)
{
    const struct str pieces[] = { STR("{{=[[ ]]=}}"), source->bytes };
    struct mustache *set = mustache_new(MUSTACHE_RAW_REFUSED);
    struct mustache_fault fault = { 0, "it is too long" };

    buf_clear(filled);
    if (!mustache_add(set, source->name, arena_join(arena, pieces, 2), &fault) ||
        !mustache_render(set, source->name, &values, 1, filled)) {
        wrong_template(source->name, &fault);
    }
    mustache_free(&set);
}

static struct mustache *
templates_load(enum language language)
{
    struct mustache *set = mustache_new(MUSTACHE_RAW_REFUSED);
    struct arena *arena = arena_new(PAGES_ARENA_BYTES);
    const struct value *values = constants(arena, language);
    const size_t suffix = sizeof(".mustache") - 1;
    struct mustache_fault fault = { 0, "a template of this name is missing" };
    struct buf filled;

    buf_init(&filled, MUSTACHE_SOURCE_BYTES_MAX);
    for (size_t i = 0; i < embedded_template_count; i++) {
        struct str name = embedded_template[i].name;

        name.len -= name.len > suffix ? suffix : 0;
        fill_constants(&embedded_template[i], values, arena, &filled);
        if (!mustache_add(set, name, buf_str(&filled), &fault)) {
            wrong_template(embedded_template[i].name, &fault);
        }
    }
    if (mustache_missing(set).data != NULL) {
        wrong_template(mustache_missing(set), &fault);
    }
    buf_free(&filled);
    arena_free(&arena);
    return set;
}

struct pages *
pages_new(struct str public_url)
{
    struct pages *pages = xcalloc(1, sizeof(*pages) + public_url.len);

    memcpy(pages->text, public_url.data, public_url.len);
    pages->public_url = str_of(pages->text, public_url.len);
    for (enum language language = 0; language < LANGUAGES; language++) {
        pages->templates[language] = templates_load(language);
    }
    return pages;
}

void
pages_free(struct pages **pages)
{
    if (*pages == NULL) {
        return;
    }
    for (enum language language = 0; language < LANGUAGES; language++) {
        mustache_free(&(*pages)->templates[language]);
    }
    free(*pages);
    *pages = NULL;
}

struct str
pages_link(const struct pages *pages, struct arena *arena, struct str path)
{
    const struct str both[] = { pages->public_url, path };

    return arena_join(arena, both, 2);
}

bool
pages_render(const struct pages *pages, const char *name, enum language language,
             const struct value *view, struct buf *html)
{
    return mustache_render(pages->templates[language], str_from(name), &view, 1, html);
}

/* The page, which goes with the arena; an empty str when it is too large. */
static struct str
render_in_arena(const struct request *req, const char *name, const struct value *view)
{
    struct buf html;

    buf_init(&html, PAGE_BYTES_MAX);
    buf_reserve(&html, PAGE_BYTES_USUAL);
    if (!pages_render(req->pages, name, req->language, view, &html)) {
        buf_free(&html);
        return (struct str){ NULL, 0 };
    }
    arena_on_free(req->arena, free, html.data);
    return buf_str(&html);
}

enum err
page_reply(struct request *req, int status, const char *name, const struct value *view)
{
    struct str page = render_in_arena(req, name, view);

    if (page.data == NULL) {
        return ERR_OVERLOADED;
    }
    reply_header(req, "Content-Language", str_from(text_of(req->language, TEXT_LANG)));
    reply_public(req);
    return reply_bytes(req, status, "text/html; charset=utf-8", page);
}

struct view
page_view(const struct request *req)
{
    return (struct view){ .arena = req->arena,
                          .pages = req->pages,
                          .policy = req->policy,
                          .language = req->language,
                          .language_asked = request_query(req, "lang").data != NULL,
                          .now_ms = req->now_ms,
                          .path = req->path };
}

struct str
page_problem(struct request *req, enum err err, int status)
{
    struct view view = page_view(req);

    return render_in_arena(req, "problem", view_problem(&view, err, status, NULL));
}

/* /problems/{code}: what an error code of the API means. */
enum err
page_problem_code(struct request *req)
{
    struct str code = request_param(req, "code");
    struct view view = page_view(req);
    enum err err = err_parse(code);

    if (err == ERR_NONE || !str_equal(code, str_from(err_code(err)))) {
        return ERR_NOT_FOUND;
    }
    return page_reply(req, 200, "problem", view_problem(&view, err, 0, NULL));
}
