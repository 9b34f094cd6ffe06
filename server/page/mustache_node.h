/* server/page/mustache_node.h - what a compiled template is made of.
 *
 * Shared by the two halves of the engine (mustache_parse.c, mustache_render.c) and by
 * nobody else. A template is a flat array in reading order: a node with children is
 * followed by them, and `end` is the index behind the last.
 *
 * Text is kept line by line, so that indentation can be put before each line of a
 * partial; a line's white space is part of its first text node.
 */
#ifndef SERVER_PAGE_MUSTACHE_NODE_H
#define SERVER_PAGE_MUSTACHE_NODE_H

#include "base/arena.h"
#include "server/page/mustache.h"

enum node_kind {
    NODE_TEXT,
    NODE_VALUE,    /* {{name}} */
    NODE_RAW,      /* {{{name}}} {{&name}} */
    NODE_SECTION,  /* {{#name}} ... {{/name}} */
    NODE_INVERTED, /* {{^name}} ... {{/name}} */
    NODE_PARTIAL,  /* {{>name}} */
    NODE_PARENT,   /* {{<name}} ... {{/name}}: children are blocks, no others */
    NODE_BLOCK     /* {{$name}} ... {{/name}} */
};

struct node {
    enum node_kind kind;
    struct str text;   /* TEXT: what to write; else the name */
    struct str *parts; /* of a dotted name; none for the implicit iterator "." */
    size_t part_count;
    struct str indent; /* PARTIAL, PARENT, BLOCK: put before each line */
    size_t end;
    bool line_start; /* TEXT: begins a line of the source */
    bool dedented;   /* BLOCK: its lines lost what they had in common */
};

struct template
{
    struct str name;
    struct node *nodes; /* the set frees them */
    size_t count;
};

struct mustache {
    enum mustache_raw raw;
    struct arena *arena; /* sources and names, which the nodes point into */
    size_t source_bytes;
    size_t count;
    struct template templates[MUSTACHE_TEMPLATES_MAX];
};

const struct template *mustache_find(const struct mustache *set, struct str name);
/* mustache_parse.c: compiles into *out; `source` lives as long as the set. */
bool mustache_parse(struct mustache *set, struct str source, struct template *out,
                    struct mustache_fault *fault);

#endif
