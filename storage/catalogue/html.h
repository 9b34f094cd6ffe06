/* storage/catalogue/html.h - descriptions: HTML in tables, text here. Pure.
 *
 * Tables of goods describe them in HTML; we keep and show text. Tags go (with what is
 * between those of scripts and styles), the ends of blocks become line ends, entities
 * become characters. html_from_text() writes text so that reading it gives the same.
 */
#ifndef STORAGE_CATALOGUE_HTML_H
#define STORAGE_CATALOGUE_HTML_H

#include "base/arena.h"

/* In the arena, never longer than the HTML; all line ends are LF, tabs are spaces. */
struct str html_to_text(struct arena *arena, struct str html);
struct str html_from_text(struct arena *arena, struct str text);

#endif
