/* server/page/pages.h - pages for people: templates with words and values.
 *
 * A struct pages is made once, when the server knows its public address, and is read
 * only from then on: all loops share it. Handlers build a view (server/page/view.h) and
 * say it with page_reply(); faults of page routes become pages by page_problem().
 *
 * Ownership   Views are the arena's that they were made in.
 */
#ifndef SERVER_PAGE_PAGES_H
#define SERVER_PAGE_PAGES_H

#include "base/buf.h"
#include "server/page/value.h"
#include "server/request.h"

struct pages;

/* public_url: "https://shop.example", no slash at its end. Ends the process when one of
 * our own templates is wrong: a unit test makes one. */
struct pages *pages_new(struct str public_url);
void pages_free(struct pages **pages); /* NULL inside is allowed */

/* An absolute link, never made of the request's Host. */
struct str pages_link(const struct pages *pages, struct arena *arena, struct str path);

/* Renders a template into `html`. False when it did not fit or nests too deep. */
bool pages_render(const struct pages *pages, const char *name, enum language language,
                  const struct value *view, struct buf *html);

/* Answers with a page that everybody may have. */
enum err page_reply(struct request *req, int status, const char *name,
                    const struct value *view);

/* What a person is told instead of a problem document: text/html in req's arena, made
 * without the store. An empty str when not even that can be made. */
struct str page_problem(struct request *req, enum err err, int status);

/* --- handlers of server/routes.c --- */
handler_fn page_shop, page_product, page_go, page_rank, page_problem_code, page_asset;

#endif
