/* server/admin/test_clock.c - moving every clock that Xiaopu's rules read (API.md, Off
 * the public listener). */
#include "storage/test_clock.h"
#include "base/clock.h"
#include "proto/time.h"
#include "server/admin/admin.h"
#include "server/loop/server.h"
#include "storage/process.h"
#include "storage/store.h"

enum {
    ADVANCE_MIN_S = -86400,
    ADVANCE_MAX_S = 1000000000,
    FOLLOW_MS = 10000,
    FOLLOW_LOOK_MS = 20
};

static enum err
reply_now(struct request *req)
{
    char text[TIME_TEXT_BYTES];

    time_write(store_now_ms(req->store), text);
    return reply_json(req, 200, json_pack("{s:s}", "now_at", text));
}

enum err
admin_clock_get(struct request *req)
{
    return reply_now(req);
}

/* Every process has taken the offset over, and workers have done what became due. */
static bool
has_followed(const struct process_state *states, size_t count, int64_t offset_ms)
{
    for (size_t i = 0; i < count; i++) {
        if (states[i].clock_offset_ms != offset_ms ||
            (states[i].role == PROCESS_SCORING &&
             states[i].due_offset_ms != offset_ms)) {
            return false;
        }
    }
    return true;
}

static enum err
wait_for_all(struct request *req, int64_t offset_ms)
{
    int64_t until_ms = clock_mono_ms() + FOLLOW_MS;
    struct process_state *states =
        arena_alloc(req->arena, PROCESSES_MAX * sizeof *states);

    while (clock_mono_ms() < until_ms) {
        struct arena *arena = arena_new(1 << 20);
        size_t count = 0;
        enum err err = process_list(req->store, arena, states, &count); /* waits */

        arena_free(&arena);
        if (err == ERR_NONE && has_followed(states, count, offset_ms)) {
            return ERR_NONE;
        }
        task_sleep(FOLLOW_LOOK_MS); /* waits */
    }
    return ERR_STORE_UNCERTAIN;
}

enum err
admin_clock_post(struct request *req)
{
    int64_t advance_s = 0, offset_ms = 0;
    const struct json_field fields[] = {
        { .name = "advance_s",
          .kind = JSON_FIELD_INTEGER,
          .out = &advance_s,
          .min = ADVANCE_MIN_S,
          .max = ADVANCE_MAX_S,
          .required = true },
    };
    enum err err = request_read(req, fields, 1);

    if (err != ERR_NONE) {
        return err;
    }
    err = test_clock_advance(req->store, req->arena, advance_s * 1000,
                             &offset_ms); /* waits */
    if (err == ERR_NONE) {
        err = wait_for_all(req, offset_ms); /* waits */
    }
    return err == ERR_NONE ? reply_now(req) : err;
}
