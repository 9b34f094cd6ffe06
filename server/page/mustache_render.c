/* server/page/mustache_render.c - writes a compiled template with its values. */
#include "server/page/mustache_node.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/encode.h"

struct render {
    const struct mustache *set;
    struct buf *out;
    const struct value *contexts[2 * MUSTACHE_DEPTH_MAX];
    size_t context_count;
    struct {
        const struct template *template;
        const struct node *parent;
    } parents[MUSTACHE_DEPTH_MAX]; /* being rendered, the outermost first */
    size_t parent_count;
    struct str indents[MUSTACHE_DEPTH_MAX];
    size_t indent_count;
    size_t indent_bytes; /* of all of them together */
    bool line_begins;    /* the next byte begins a line of the template */
    size_t depth;
    bool failed;
};

static void render_nodes(struct render *r, const struct template *template, size_t from,
                         size_t to);

/* --- values ----------------------------------------------------------------------- */

static const struct value *
look_up(const struct render *r, const struct node *node)
{
    const struct value *value = NULL;

    if (node->part_count == 0) {
        return r->context_count > 0 ? r->contexts[r->context_count - 1] : NULL;
    }
    for (size_t i = r->context_count; i > 0 && value == NULL; i--) {
        value = value_member(r->contexts[i - 1], node->parts[0]);
    }
    for (size_t i = 1; i < node->part_count; i++) {
        value = value_member(value, node->parts[i]);
    }
    return value;
}

/* --- bytes ------------------------------------------------------------------------ */

static void
line_begin(struct render *r)
{
    if (r->line_begins) {
        r->line_begins = false;
        for (size_t i = 0; i < r->indent_count && r->indent_bytes > 0; i++) {
            buf_put_str(r->out, r->indents[i]);
        }
    }
}

/* A line's text; an empty line stays empty whatever the indentation. */
static void
put_text(struct render *r, struct str text)
{
    bool ends = text.len > 0 && text.data[text.len - 1] == '\n';

    if (text.len == 0) {
        return;
    }
    if (!str_equal(text, STR("\n")) && !str_equal(text, STR("\r\n"))) {
        line_begin(r);
    }
    buf_put_str(r->out, text);
    r->line_begins = ends;
}

/* What is not written as it is. */
enum { ESCAPED_MAX = '>' }; /* nearly all bytes of a text are above */
static const char *const escapes[ESCAPED_MAX + 1] = {
    ['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;", ['"'] = "&quot;", ['\''] = "&#39;",
};

static const char *
escape_of(char c)
{
    unsigned char byte = (unsigned char)c;

    return byte <= ESCAPED_MAX ? escapes[byte] : NULL;
}

/* Side by side: nearly no text holds any of them. */
typedef unsigned char sixteen __attribute__((vector_size(16)));

static bool
sixteen_are_plain(const char *at)
{
    sixteen bytes;
    uint64_t found[2];

    memcpy(&bytes, at, sizeof(bytes));
    bytes = (sixteen)((bytes == '&') | (bytes == '<') | (bytes == '>') |
                      (bytes == '"') | (bytes == '\''));
    memcpy(found, &bytes, sizeof(found));
    return (found[0] | found[1]) == 0;
}

/* How many bytes need no look any more: the last sixteen may overlap those before. */
static size_t
plain_bytes(struct str s)
{
    size_t done = 0;

    while (s.len - done >= sizeof(sixteen) && sixteen_are_plain(s.data + done)) {
        done += sizeof(sixteen);
    }
    if (done > 0 && s.len - done < sizeof(sixteen) &&
        sixteen_are_plain(s.data + s.len - sizeof(sixteen))) {
        done = s.len;
    }
    return done;
}

static void
put_escaped(struct buf *out, struct str s)
{
    size_t done = 0;

    for (size_t i = plain_bytes(s); i < s.len; i++) {
        const char *escape = escape_of(s.data[i]);

        if (escape != NULL) {
            buf_put(out, s.data + done, i - done);
            buf_put_str(out, str_from(escape));
            done = i + 1;
            i += plain_bytes(str_of(s.data + done, s.len - done));
        }
    }
    buf_put(out, s.data + done, s.len - done);
}

static void
put_integer(struct buf *out, int64_t value)
{
    char digits[ENCODE_DECIMAL_BYTES];

    buf_put(out, digits, encode_decimal(value, digits));
}

/* The shortest of the two that reads as the same number. */
static void
put_real(struct buf *out, double value)
{
    char text[32];

    snprintf(text, sizeof(text), "%.15g", value);
    if (strtod(text, NULL) < value || strtod(text, NULL) > value) {
        snprintf(text, sizeof(text), "%.17g", value);
    }
    buf_put_str(out, str_from(text));
}

static void
put_value(struct render *r, const struct value *value, bool raw)
{
    line_begin(r);
    switch (value != NULL ? value->kind : VALUE_NULL) {
    case VALUE_TEXT:
        if (raw) {
            buf_put_str(r->out, value->text);
        } else {
            put_escaped(r->out, value->text);
        }
        break;
    case VALUE_INTEGER:
        put_integer(r->out, value->integer);
        break;
    case VALUE_REAL:
        put_real(r->out, value->real);
        break;
    case VALUE_TRUE:
    case VALUE_FALSE:
        buf_put_str(r->out, value->kind == VALUE_TRUE ? STR("true") : STR("false"));
        break;
    default:
        break; /* null, lists and objects have no text */
    }
}

/* --- nodes ------------------------------------------------------------------------ */

static void
render_with(struct render *r, const struct template *template, const struct node *node,
            const struct value *value)
{
    size_t self = (size_t)(node - template->nodes);

    if (r->context_count == sizeof(r->contexts) / sizeof(r->contexts[0])) {
        r->failed = true;
        return;
    }
    r->contexts[r->context_count++] = value;
    render_nodes(r, template, self + 1, node->end);
    r->context_count--;
}

static void
render_section(struct render *r, const struct template *template,
               const struct node *node)
{
    const struct value *value = look_up(r, node);

    if (!value_is_true(value)) {
        return;
    }
    if (value->kind != VALUE_LIST) {
        render_with(r, template, node, value);
        return;
    }
    for (const struct value_item *item = value->list->first; item != NULL && !r->failed;
         item = item->next) {
        render_with(r, template, node, item->value);
    }
}

/* All lines from here to indent_pop() begin with it too. */
static bool
indent_push(struct render *r, struct str indent)
{
    if (r->indent_count == MUSTACHE_DEPTH_MAX) {
        r->failed = true;
        return false;
    }
    r->indents[r->indent_count++] = indent;
    r->indent_bytes += indent.len;
    return true;
}

static void
indent_pop(struct render *r)
{
    r->indent_bytes -= r->indents[--r->indent_count].len;
}

static void
render_template(struct render *r, const struct node *node)
{
    const struct template *template = mustache_find(r->set, node->text);

    if (template != NULL && indent_push(r, node->indent)) {
        render_nodes(r, template, 0, template->count);
        indent_pop(r);
    }
}

static void
render_parent(struct render *r, const struct template *template,
              const struct node *node)
{
    if (r->parent_count == MUSTACHE_DEPTH_MAX) {
        r->failed = true;
        return;
    }
    r->parents[r->parent_count].template = template;
    r->parents[r->parent_count].parent = node;
    r->parent_count++;
    render_template(r, node);
    r->parent_count--;
}

/* The block of this name among a parent's; NULL when it has none. */
static const struct node *
block_of(const struct template *template, const struct node *parent, struct str name)
{
    size_t i = (size_t)(parent - template->nodes) + 1;

    for (; i < parent->end; i = template->nodes[i].end) {
        if (str_equal(template->nodes[i].text, name)) {
            return &template->nodes[i];
        }
    }
    return NULL;
}

static void
render_block(struct render *r, const struct template *template, const struct node *node)
{
    const struct node *block = NULL;

    for (size_t i = 0; i < r->parent_count && block == NULL; i++) {
        block = block_of(r->parents[i].template, r->parents[i].parent, node->text);
        if (block != NULL) {
            template = r->parents[i].template;
        }
    }
    if (block == NULL) {
        block = node;
    }
    if (indent_push(r, node->indent)) {
        render_nodes(r, template, (size_t)(block - template->nodes) + 1, block->end);
        indent_pop(r);
    }
}

static void
render_node(struct render *r, const struct template *template, const struct node *node)
{
    switch (node->kind) {
    case NODE_TEXT:
        break; /* render_text() */
    case NODE_VALUE:
    case NODE_RAW:
        put_value(r, look_up(r, node), node->kind == NODE_RAW);
        break;
    case NODE_SECTION:
        render_section(r, template, node);
        break;
    case NODE_INVERTED:
        if (!value_is_true(look_up(r, node))) {
            render_nodes(r, template, (size_t)(node - template->nodes) + 1, node->end);
        }
        break;
    case NODE_PARTIAL:
        render_template(r, node);
        break;
    case NODE_PARENT:
        render_parent(r, template, node);
        break;
    case NODE_BLOCK:
        render_block(r, template, node);
        break;
    }
}

/* Text is kept line by line for the sake of indentation; without any, the lines that
 * touch in the source are written at once. The index behind them. */
static size_t
render_text(struct render *r, const struct template *template, size_t i, size_t to)
{
    struct str text = template->nodes[i].text;

    for (i++; i < to && r->indent_bytes == 0; i++) {
        const struct node *next = &template->nodes[i];

        if (next->kind != NODE_TEXT || next->text.data != text.data + text.len) {
            break;
        }
        text.len += next->text.len;
    }
    put_text(r, text);
    return i;
}

static void
render_nodes(struct render *r, const struct template *template, size_t from, size_t to)
{
    size_t i = from;

    if (r->depth == MUSTACHE_DEPTH_MAX) {
        r->failed = true;
        return;
    }
    r->depth++;
    while (i < to && !r->failed) {
        if (template->nodes[i].kind == NODE_TEXT) {
            i = render_text(r, template, i, to);
        } else {
            render_node(r, template, &template->nodes[i]);
            i = template->nodes[i].end;
        }
    }
    r->depth--;
}

bool
mustache_render(const struct mustache *set, struct str name,
                const struct value *const *contexts, size_t count, struct buf *out)
{
    const struct template *template = mustache_find(set, name);
    struct render r = { .set = set, .out = out, .line_begins = true };

    if (template == NULL || count > MUSTACHE_DEPTH_MAX / 2) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        r.contexts[r.context_count++] = contexts[i];
    }
    render_nodes(&r, template, 0, template->count);
    return !r.failed && !out->full;
}
