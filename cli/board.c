/* cli/board.c - xiaopu board release: makes the next release now. */
#include "cli/ask_worker.h"
#include "cli/command.h"
#include "cli/with_store.h"
#include "storage/job/ask.h"

enum { ARENA_BYTES = 4 << 20 };

static int
release(struct store *store, struct reach *reach, const struct options *options)
{
    struct arena *arena = arena_new(ARENA_BYTES);
    int code = ask_worker_and_print(store, reach, arena, STR(ASK_RELEASE), STR(""));

    (void)options;
    arena_free(&arena);
    return code;
}

int
command_board_release(const struct options *options)
{
    return with_reach(options, release);
}
