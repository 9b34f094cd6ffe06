/* test/fuzz/event_fuzz.c - stored bytes are strangers too: an entry that reads is
 * written and read again with the same bytes. */
#include "base/buf.h"
#include "proto/event.h"
#include "test/fuzz/fuzz.h"

enum { BYTES_MAX = 64 << 10 };

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct event events[EVENTS_PER_ENTRY], again[EVENTS_PER_ENTRY];
    struct buf first, second;
    size_t count = 0, count_again = 0;
    const char *why = NULL;

    if (event_read(str_of(data, size), events, &count, &why) != ERR_NONE) {
        assert(why);
        return 0;
    }
    assert(count >= 1 && count <= EVENTS_PER_ENTRY);
    buf_init(&first, BYTES_MAX);
    buf_init(&second, BYTES_MAX);
    event_write(&first, events, count);
    assert(!first.full);
    assert(event_read(buf_str(&first), again, &count_again, &why) == ERR_NONE);
    event_write(&second, again, count_again);
    assert(str_equal(buf_str(&first), buf_str(&second)));
    buf_free(&first);
    buf_free(&second);
    return 0;
}
