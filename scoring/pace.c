/* scoring/pace.c - long work on the store that others do not notice. */
#include "scoring/pace.h"

#include "base/task.h"

enum {
    /* Times as long as we waited: of that the store works about two thirds, the rest is
     * the way there and back. */
    RESTS = 2,
    /* Answers that wait for others' work, for a disk or for a core are not charged for
     * that: 512 shops take the store one or two milliseconds. */
    WORKED_US_MAX = 3000
};

void
pace_ask(struct pace *pace)
{
    pace->asked_ns = uv_hrtime();
}

void
pace_answered(struct pace *pace)
{
    int64_t worked_us;

    pace->answered_ns = uv_hrtime();
    worked_us = (int64_t)((pace->answered_ns - pace->asked_ns) / 1000);
    pace->owed_us +=
        RESTS * (worked_us < WORKED_US_MAX ? worked_us : (int64_t)WORKED_US_MAX);
}

void
pace_rest(struct pace *pace)
{
    pace->owed_us -= (int64_t)((uv_hrtime() - pace->answered_ns) / 1000);
    if (pace->owed_us < 0) {
        pace->owed_us = 0;
    } else if (pace->owed_us >= 1000) {
        uint64_t from_ns = uv_hrtime();

        task_sleep(pace->owed_us / 1000);
        pace->owed_us -= (int64_t)((uv_hrtime() - from_ns) / 1000);
    }
}
