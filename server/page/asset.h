/* server/page/asset.h - style sheet and drawings, as they travel inside the binary.
 *
 * A file's address holds its hash, so that it may be kept for ever:
 * server/page/asset/style.css is served as /asset/style.0a1b2c3d.css. The build packs
 * each file with gzip and brotli as well.
 */
#ifndef SERVER_PAGE_ASSET_H
#define SERVER_PAGE_ASSET_H

#include "base/arena.h"
#include "server/request.h"

/* The address of "style.css"; there is such a file (asserted). */
struct str asset_address(struct arena *arena, struct str name);
/* The file that "style.0a1b2c3d.css" means; false when there is none of this name and
 * hash. */
bool asset_find(struct arena *arena, struct str hashed_name, const char **type,
                struct coded_body *body);

#endif
