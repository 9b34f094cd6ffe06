/* scoring/verify.h - everything recomputed from stored rows, and compared.
 *
 * Each shop is read in one piece (storage/score/whole.h), so what is compared belongs
 * together also while the store is at work; what is only on its way (an event not yet
 * applied) is read again a few times and then left to the next run. What lies in two
 * tags is compared by the subjects themselves (check.h in storage's folders), so that a
 * message on its way is no fault.
 *
 * Waits       verify_store().
 */
#ifndef SCORING_VERIFY_H
#define SCORING_VERIFY_H

#include "scoring/scoring.h"

// clang-format off
#define VERIFY_MAP(X)                                                            \
    X(READABLE,  "readable",  "shops whose rows can be read")                    \
    X(SALES,     "sales",     "days whose counted sales follow from their records") \
    X(VISITS,    "visits",    "days whose visits follow from their visitors")    \
    X(SCORES,    "scores",    "scores equal to a recomputation, bit for bit")    \
    X(BOOKS,     "books",     "days on which the books and the records agree")   \
    X(ONCE,      "once",      "sales recorded once")                             \
    X(FORGOTTEN, "forgotten", "periods whose buyers are over and left no row")   \
    X(SLOTS,     "slots",     "shops within their slot limit")                   \
    X(FIGURES,   "figures",   "released figures that hold together")             \
    X(RANKS,     "ranks",     "places that follow from released figures")        \
    X(POSITIONS, "positions", "partitions whose position lies in their stream")  \
    X(OWNERS,    "owners",    "members and shops that name each other")          \
    X(FOLLOWING, "following", "follows that both sides know")                    \
    X(PRODUCTS,  "products",  "products that the index holds as they are")       \
    X(INDEX,     "index",     "places in the index that are as it holds them")   \
    X(CLAIMS,    "claims",    "recorded sales under the claim on their id")      \
    X(REPORTS,   "reports",   "places in merchants' lists with their sale")      \
    X(AUDIT,     "audit",     "entries of the audit in one chain")
// clang-format on

#define VERIFY_ENUM(name, code, text) VERIFY_##name,
enum verify_what { VERIFY_MAP(VERIFY_ENUM) VERIFY_COUNT };
#undef VERIFY_ENUM

struct verify_report {
    int64_t right[VERIFY_COUNT];
    int64_t wrong[VERIFY_COUNT];
    int64_t shops;
    int64_t waiting;  /* shops with events still on their way */
    int64_t messages; /* what would be wrong, were its message not still on its way */
    int64_t unlisted; /* sales whose report stopped before the merchant's list */
};

const char *verify_code(enum verify_what what);
const char *verify_text(enum verify_what what);

/* Walks the whole store. ERR_NONE also when something is wrong; a store error when it
 * could not be walked. `progress`, which may be NULL, is called now and then. */
enum err verify_store(struct scoring *scoring, struct verify_report *report,
                      void (*progress)(const struct verify_report *report));

#endif
