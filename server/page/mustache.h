/* server/page/mustache.h - Mustache templates: compiled once, rendered often.
 *
 * The language of the public specification (comments, delimiters, interpolation,
 * inverted, partials, sections, inheritance), without lambdas. Interpolated values are
 * escaped for HTML text and quoted attributes; what is not escaped has to be asked for
 * when the set is made, and our pages never ask.
 *
 * A block that a template overrides is overridden everywhere below it, the outermost
 * word counts, and partials are below too.
 *
 * Threads     A set is read only once its templates are added, and may be shared.
 * Depth       Sections, partials, parents and blocks nest MUSTACHE_DEPTH_MAX deep at
 *             most, counted together: in a source that is a fault, while rendering
 *             (recursive partials) the rendering fails.
 */
#ifndef SERVER_PAGE_MUSTACHE_H
#define SERVER_PAGE_MUSTACHE_H

#include "base/buf.h"
#include "server/page/value.h"

enum {
    MUSTACHE_DEPTH_MAX = 32,
    MUSTACHE_SOURCE_BYTES_MAX = 1 << 20, /* all templates of a set together */
    MUSTACHE_TEMPLATES_MAX = 128
};

enum mustache_raw {
    MUSTACHE_RAW_REFUSED, /* {{{x}}} and {{&x}} are faults: nothing leaves unescaped */
    MUSTACHE_RAW_ALLOWED  /* as the specification has it: for text that is not HTML */
};

struct mustache_fault {
    int line;           /* from 1; 0 when the fault is in no line */
    const char *reason; /* a literal */
};

struct mustache; /* a set of templates that know each other by name */

struct mustache *mustache_new(enum mustache_raw raw);
void mustache_free(struct mustache **set);

/* Compiles one template; nothing of `source` or `name` is kept. False, with the fault,
 * when the source is wrong, the name is taken or the set is full. */
bool mustache_add(struct mustache *set, struct str name, struct str source,
                  struct mustache_fault *fault);
/* Is every partial and parent that some template names in the set? The first that is
 * not, else { NULL, 0 }. Rendering takes a missing one as empty. */
struct str mustache_missing(const struct mustache *set);

/* Writes a template with its values. Names are looked for in the last context first;
 * at most MUSTACHE_DEPTH_MAX / 2 contexts. False when there is no such template, the
 * depth was reached or the buf is full: what was written until then is no page. */
bool mustache_render(const struct mustache *set, struct str name,
                     const struct value *const *contexts, size_t count,
                     struct buf *out);

#endif
