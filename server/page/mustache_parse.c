/* server/page/mustache_parse.c - from a template's source to its nodes.
 *
 * What makes this more than a loop over tags is white space: a tag alone on its line
 * takes the line with it, and a block's lines lose the indentation they have in common
 * where they are written and get that of the place where they go.
 */
#include "server/page/mustache_node.h"

#include <stdlib.h>

#include "base/xmalloc.h"

enum { DELIMITER_BYTES_MAX = 16 };

/* A tag as it stands in the source, with the white space of its line. */
struct tag {
    char sigil; /* '#' '^' '/' '>' '<' '$' '!' '=' '&' '{', or ' ' for a value */
    struct str name;
    size_t begin; /* of the opening delimiter */
    size_t end;   /* behind the closing one */
    size_t line;  /* where the tag's line begins */
    size_t next;  /* where the next line begins */
    bool before;  /* nothing but white space before it on its line */
    bool after;   /* and behind it */
};

/* A section, parent or block that is not closed yet. */
struct open {
    size_t node;
    struct tag tag;
    size_t content;  /* where its content begins */
    bool lone;       /* BLOCK: its opening tag took a line with it */
    bool may_indent; /* the white space before it may become indentation */
};

struct parser {
    struct mustache *set;
    struct str source;
    size_t at; /* all before this is in the nodes */
    struct str left, right;
    struct node *nodes;
    size_t count, cap;
    struct open stack[MUSTACHE_DEPTH_MAX];
    size_t depth;
    struct mustache_fault *fault;
};

static bool
fault_at(struct parser *p, size_t at, const char *reason)
{
    p->fault->reason = reason;
    p->fault->line = 1;
    for (size_t i = 0; i < at; i++) {
        p->fault->line += p->source.data[i] == '\n';
    }
    return false;
}

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool
is_space(char c)
{
    return is_blank(c) || c == '\n' || c == '\r';
}

static bool
is_one_of(char c, struct str set)
{
    return memchr(set.data, c, set.len) != NULL;
}

static struct str
slice(const struct parser *p, size_t from, size_t to)
{
    return (struct str){ p->source.data + from, to - from };
}

static struct str
trim(struct str s)
{
    while (s.len > 0 && is_space(s.data[0])) {
        s.data++;
        s.len--;
    }
    while (s.len > 0 && is_space(s.data[s.len - 1])) {
        s.len--;
    }
    return s;
}

static struct open *
innermost(struct parser *p)
{
    return p->depth > 0 ? &p->stack[p->depth - 1] : NULL;
}

/* Directly inside {{<parent}}, where only blocks mean something. */
static bool
in_parent(struct parser *p)
{
    return p->depth > 0 && p->nodes[innermost(p)->node].kind == NODE_PARENT;
}

static struct node *
node_add(struct parser *p, enum node_kind kind, struct str text)
{
    if (p->count == p->cap) {
        p->cap = p->cap > 0 ? p->cap * 2 : 16;
        p->nodes = xrealloc(p->nodes, p->cap * sizeof(*p->nodes));
    }
    p->nodes[p->count] = (struct node){ .kind = kind, .text = text };
    p->nodes[p->count].end = p->count + 1;
    return &p->nodes[p->count++];
}

/* Text up to `to`, a node a line. */
static void
text_add(struct parser *p, size_t to)
{
    size_t from = p->at;

    while (from < to && !in_parent(p)) {
        const char *found = memchr(p->source.data + from, '\n', to - from);
        size_t stop = found != NULL ? (size_t)(found - p->source.data) + 1 : to;
        struct node *node = node_add(p, NODE_TEXT, slice(p, from, stop));

        node->line_start = from == 0 || p->source.data[from - 1] == '\n';
        from = stop;
    }
    p->at = to;
}

/* The text before a tag, which takes its line with it when it stands there alone.
 * True when it did. */
static bool
text_before(struct parser *p, const struct tag *tag)
{
    bool alone = tag->before && tag->after;

    text_add(p, alone ? tag->line : tag->begin);
    p->at = alone ? tag->next : tag->end;
    return alone;
}

/* --- tags ------------------------------------------------------------------------ */

static bool
find(const struct parser *p, size_t from, struct str what, size_t *at)
{
    const char *found =
        memmem(p->source.data + from, p->source.len - from, what.data, what.len);

    if (found != NULL) {
        *at = (size_t)(found - p->source.data);
    }
    return found != NULL;
}

static void
look_around(const struct parser *p, struct tag *tag)
{
    const char *data = p->source.data;
    size_t at = tag->begin;

    while (at > 0 && is_blank(data[at - 1])) {
        at--;
    }
    tag->before = at == 0 || data[at - 1] == '\n';
    tag->line = at;

    for (at = tag->end; at < p->source.len && is_blank(data[at]); at++) {
    }
    if (at + 1 < p->source.len && data[at] == '\r' && data[at + 1] == '\n') {
        at++;
    }
    tag->after = at == p->source.len || data[at] == '\n';
    tag->next = at < p->source.len ? at + 1 : at;
}

/* The next tag at or behind p->at. False without a fault at the end of the source. */
static bool
tag_read(struct parser *p, struct tag *tag)
{
    char closing[DELIMITER_BYTES_MAX + 1];
    struct str right = { closing, 0 };
    size_t body, stop;

    if (p->source.len == 0 || !find(p, p->at, p->left, &tag->begin)) {
        return false;
    }
    body = tag->begin + p->left.len;
    tag->sigil = body < p->source.len ? p->source.data[body] : ' ';
    if (is_one_of(tag->sigil, STR("#^/><$!=&{"))) {
        body++;
    } else {
        tag->sigil = ' ';
    }
    if (tag->sigil == '{' || tag->sigil == '=') {
        closing[right.len++] = tag->sigil == '{' ? '}' : '=';
    }
    memcpy(closing + right.len, p->right.data, p->right.len);
    right.len += p->right.len;
    if (!find(p, body, right, &stop)) {
        return fault_at(p, tag->begin, "this tag has no end");
    }
    tag->name = trim(slice(p, body, stop));
    tag->end = stop + right.len;
    look_around(p, tag);
    return true;
}

static bool
delimiters_set(struct parser *p, const struct tag *tag)
{
    size_t left = 0, right = tag->name.len;

    while (left < tag->name.len && !is_space(tag->name.data[left])) {
        left++;
    }
    while (right > left && !is_space(tag->name.data[right - 1])) {
        right--;
    }
    p->left = (struct str){ tag->name.data, left };
    p->right = (struct str){ tag->name.data + right, tag->name.len - right };
    if (p->left.len == 0 || p->right.len == 0 || p->left.len >= DELIMITER_BYTES_MAX ||
        p->right.len >= DELIMITER_BYTES_MAX ||
        trim(slice(p, (size_t)(p->left.data - p->source.data) + left,
                   (size_t)(p->right.data - p->source.data)))
                .len != 0) {
        return fault_at(p, tag->begin, "these are no two delimiters");
    }
    return true;
}

/* A name, and its parts when it is a dotted one. */
static bool
name_read(struct parser *p, const struct tag *tag, struct node *node)
{
    struct str rest = tag->name, part;
    size_t count = 1;

    for (size_t i = 0; i < tag->name.len; i++) {
        if (is_space(tag->name.data[i])) {
            return fault_at(p, tag->begin, "a name has no white space");
        }
        count += tag->name.data[i] == '.';
    }
    if (tag->name.len == 0) {
        return fault_at(p, tag->begin, "a name is missing");
    }
    if (node->kind > NODE_INVERTED || str_equal(tag->name, STR("."))) {
        return true;
    }
    node->parts = arena_alloc(p->set->arena, count * sizeof(*node->parts));
    while (str_split(&rest, '.', &part)) {
        if (part.len == 0) {
            return fault_at(p, tag->begin, "a part of this name is empty");
        }
        node->parts[node->part_count++] = part;
    }
    return true;
}

/* --- blocks and parents ----------------------------------------------------------- */

static void
cut(struct str *s, struct str indent)
{
    size_t len = 0;

    while (len < s->len && len < indent.len && s->data[len] == indent.data[len]) {
        len++;
    }
    if (len > 0) {
        *s = (struct str){ s->data + len, s->len - len };
    }
}

/* Takes from the lines of a block's content what the first of them begins with. */
static void
dedent(struct parser *p, size_t first, struct str indent)
{
    for (size_t i = first; i < p->count; i++) {
        struct node *node = &p->nodes[i];

        if (node->kind == NODE_TEXT && node->line_start) {
            cut(&node->text, indent);
        }
        cut(&node->indent, indent);
        if (node->dedented) {
            i = node->end - 1;
        }
    }
}

/* The indentation of the first line between two places that is not empty. */
static bool
first_indent(const struct parser *p, size_t from, size_t to, struct str *indent)
{
    for (size_t line = from; from < to; from++) {
        if (p->source.data[from] == '\n') {
            line = from + 1;
        } else if (!is_space(p->source.data[from])) {
            *indent = slice(p, line, from);
            return true;
        }
    }
    return false;
}

/* The white space before the opening tag becomes the indentation of what goes there. */
static void
indent_by_tag(struct parser *p, const struct open *open)
{
    struct node *node = &p->nodes[open->node];

    node->indent = slice(p, open->tag.line, open->tag.begin);
    if (node->indent.len > 0) {
        p->nodes[open->node - 1].text.len = 0;
    }
}

static void
block_open(struct parser *p, struct open *open)
{
    const struct tag *tag = &open->tag;
    bool inside = in_parent(p);

    open->lone = tag->after && (tag->before || inside);
    open->may_indent = tag->before && !inside;
    text_add(p, open->lone && tag->before ? tag->line : tag->begin);
    p->at = open->lone ? tag->next : tag->end;
}

static void
block_close(struct parser *p, const struct open *open, const struct tag *tag)
{
    struct node *node;
    bool inside = p->depth > 1 && p->nodes[open[-1].node].kind == NODE_PARENT;
    bool alone = tag->before && (tag->after || inside);
    size_t stop = alone ? tag->line : tag->begin;

    text_add(p, stop);
    p->at = alone && tag->after ? tag->next : tag->end;
    node = &p->nodes[open->node];
    if (open->lone) {
        if (!first_indent(p, open->content, stop, &node->indent) && open->tag.before) {
            node->indent = slice(p, open->tag.line, open->tag.begin);
        }
        dedent(p, open->node + 1, node->indent);
        node->dedented = true;
    } else if (open->may_indent && tag->after &&
               memchr(p->source.data + open->content, '\n', stop - open->content) ==
                   NULL) {
        indent_by_tag(p, open);
    }
}

static void
parent_close(struct parser *p, const struct open *open, const struct tag *tag)
{
    bool alone = open->may_indent && tag->after;

    if (alone) {
        indent_by_tag(p, open);
    }
    p->at = alone ? tag->next : tag->end;
}

/* --- the tags by their kind ------------------------------------------------------- */

static bool
open_tag(struct parser *p, const struct tag *tag, enum node_kind kind)
{
    struct open *open = &p->stack[p->depth];

    if (p->depth == MUSTACHE_DEPTH_MAX) {
        return fault_at(p, tag->begin, "this is nested too deep");
    }
    *open = (struct open){ .tag = *tag, .may_indent = tag->before };
    if (kind == NODE_BLOCK) {
        block_open(p, open);
    } else if (kind == NODE_PARENT) {
        text_add(p, tag->begin);
        p->at = tag->end;
    } else {
        text_before(p, tag);
    }
    open->content = p->at;
    open->node = p->count;
    p->depth++;
    return name_read(p, tag, node_add(p, kind, tag->name));
}

static bool
close_tag(struct parser *p, const struct tag *tag)
{
    struct open *open = innermost(p);
    enum node_kind kind;

    if (open == NULL || !str_equal(p->nodes[open->node].text, tag->name)) {
        return fault_at(p, tag->begin, "this closes nothing that is open here");
    }
    kind = p->nodes[open->node].kind;
    if (kind == NODE_BLOCK) {
        block_close(p, open, tag);
    } else if (kind == NODE_PARENT) {
        parent_close(p, open, tag);
    } else {
        text_before(p, tag);
    }
    p->nodes[open->node].end = p->count;
    p->depth--;
    return true;
}

static bool
value_tag(struct parser *p, const struct tag *tag, enum node_kind kind)
{
    if (kind == NODE_RAW && p->set->raw == MUSTACHE_RAW_REFUSED) {
        return fault_at(p, tag->begin, "nothing is written unescaped here");
    }
    text_add(p, tag->begin);
    p->at = tag->end;
    return name_read(p, tag, node_add(p, kind, tag->name));
}

static bool
partial_tag(struct parser *p, const struct tag *tag)
{
    bool alone = text_before(p, tag);
    struct node *node = node_add(p, NODE_PARTIAL, tag->name);

    if (alone) {
        node->indent = slice(p, tag->line, tag->begin);
    }
    return name_read(p, tag, node);
}

static bool
tag_compile(struct parser *p, const struct tag *tag)
{
    if (in_parent(p) && !is_one_of(tag->sigil, STR("$/!="))) {
        return fault_at(p, tag->begin, "only blocks may stand in a parent");
    }
    switch (tag->sigil) {
    case '#':
        return open_tag(p, tag, NODE_SECTION);
    case '^':
        return open_tag(p, tag, NODE_INVERTED);
    case '<':
        return open_tag(p, tag, NODE_PARENT);
    case '$':
        return open_tag(p, tag, NODE_BLOCK);
    case '/':
        return close_tag(p, tag);
    case '>':
        return partial_tag(p, tag);
    case '!':
        text_before(p, tag);
        return true;
    case '=':
        text_before(p, tag);
        return delimiters_set(p, tag);
    case '{':
    case '&':
        return value_tag(p, tag, NODE_RAW);
    default:
        return value_tag(p, tag, NODE_VALUE);
    }
}

bool
mustache_parse(struct mustache *set, struct str source, struct template *out,
               struct mustache_fault *fault)
{
    struct parser p = { .set = set,
                        .source = source,
                        .left = STR("{{"),
                        .right = STR("}}"),
                        .fault = fault };
    struct tag tag = { 0 };

    while (tag_read(&p, &tag) && tag_compile(&p, &tag)) {
    }
    if (fault->reason == NULL && p.depth > 0) {
        fault_at(&p, innermost(&p)->tag.begin, "this is never closed");
    }
    if (fault->reason != NULL) {
        free(p.nodes);
        return false;
    }
    text_add(&p, source.len);
    *out = (struct template){ .nodes = p.nodes, .count = p.count };
    return true;
}
