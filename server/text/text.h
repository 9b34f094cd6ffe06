/* server/text/text.h - all words for people, in every language that we speak.
 *
 * A text has a name here, and its words in one table a language (zh.c, en.c); a unit
 * test finds the missing ones. Templates know a text by its name in small letters
 * ([[t.new_shop]]), code as TEXT_NEW_SHOP. "{name}" in a text is a place to be filled.
 * Words are plain text: whoever puts them into HTML escapes them.
 */
#ifndef SERVER_TEXT_TEXT_H
#define SERVER_TEXT_TEXT_H

#include "base/arena.h"
#include "proto/err.h"

enum language { LANGUAGE_ZH, LANGUAGE_EN, LANGUAGES };

// clang-format off
#define TEXT_MAP(X)                                                     \
    X(LANG, "lang")               /* for <html lang> */                 \
    X(LOCALE, "locale")           /* for Open Graph */                  \
    X(OTHER_LANG, "other_lang")   /* ?lang= of the other one */         \
    X(OTHER_LANG_TAG, "other_lang_tag")                                 \
    X(OTHER_LANG_NAME, "other_lang_name")                               \
    X(SITE, "site")               /* until the policy says it */          \
    X(GATE_WEAKENED, "gate_weakened")                                   \
    X(SOLD_BY_MERCHANTS, "sold_by_merchants")                           \
    X(TERMS, "terms")                                                   \
    /* the shop */                                                      \
    X(SHOP_NUMBER, "shop_number") /* {number} */                        \
    X(OPENED, "opened")           /* {month} */                         \
    X(RESTING, "resting")                                               \
    X(SUSPENDED, "suspended")                                           \
    X(NEW_SHOP, "new_shop")                                             \
    X(NEW_SHOP_WHY, "new_shop_why")                                     \
    X(ABOUT, "about")             /* {figure} */                        \
    X(COUNTED_SALES, "counted_sales")                                   \
    X(VISITS, "visits")                                                 \
    X(INFLUENCE, "influence")                                           \
    X(PLACE, "place")             /* {rank} */                          \
    X(BOARD, "board")                                                   \
    X(PUBLISHED, "published")     /* {day} */                           \
    X(HOW_MADE, "how_made")                                             \
    X(HOW_INFLUENCE, "how_influence")                                   \
    X(HOW_SALES, "how_sales")                                           \
    X(HOW_PRIVATE, "how_private")                                       \
    X(PICKS, "picks")                                                   \
    X(PICKS_ONE, "picks_one")     /* {time} */                          \
    X(PICKS_MANY, "picks_many")   /* {count} {time} */                  \
    X(NO_PICKS, "no_picks")                                             \
    X(QR, "qr")                                                         \
    X(QR_HINT, "qr_hint")                                               \
    X(SHOP_OF, "shop_of")         /* {name} {site} */                   \
    X(SHOP_SHARE, "shop_share")   /* {name} {number} */                 \
    /* prices and stock */                                              \
    X(EXCLUSIVE, "exclusive")                                           \
    X(USUALLY, "usually")         /* {price} */                         \
    X(ELSEWHERE, "elsewhere")     /* {price} */                         \
    X(ELSEWHERE_WHO, "elsewhere_who")                                   \
    X(FROM_PRICE, "from_price")   /* a price has others above */        \
    X(IN_STOCK, "in_stock")                                             \
    X(FEW_LEFT, "few_left")                                             \
    X(SOLD_OUT, "sold_out")                                             \
    /* the product */                                                   \
    X(OWNER_SAYS, "owner_says")                                         \
    X(SOLD_BY, "sold_by")         /* {merchant} */                      \
    X(SOLD_BY_ONE, "sold_by_one") /* a merchant without a name */       \
    X(CHOICES, "choices")                                               \
    X(DESCRIPTION, "description")                                       \
    X(TO_STORE, "to_store")                                             \
    X(NO_STORE, "no_store")                                             \
    X(STORE_SOLD_OUT, "store_sold_out")                                 \
    /* the way to the store */                                          \
    X(LEAVING, "leaving")         /* {site} */                          \
    X(LEAVING_TO, "leaving_to")   /* {host} */                          \
    X(LEAVING_WITH, "leaving_with") /* {number} */                      \
    X(GO_ON, "go_on")             /* {host} */                          \
    X(STAY, "stay")                                                     \
    /* the board */                                                     \
    X(BOARD_SIZE, "board_size")   /* {count} */                         \
    X(UPDATED, "updated")         /* {day} */                           \
    X(NEXT_UPDATE, "next_update") /* {day} */                           \
    X(BOARD_EMPTY, "board_empty")                                       \
    X(BOARD_HOW, "board_how")                                           \
    X(BOARD_SHARE, "board_share")                                       \
    /* when something is wrong */                                       \
    X(OTHERS_HERE, "others_here")                                       \
    X(TO_SHOP, "to_shop")         /* {name} */                          \
    X(TO_BOARD, "to_board")                                             \
    X(NOT_OFFERED, "not_offered")                                       \
    X(NOT_OFFERED_WHY, "not_offered_why")                               \
    X(TRY_AGAIN, "try_again")                                           \
    /* numbers and times, for format.c */                               \
    X(DAY, "day")                 /* {month} {day} {name} */            \
    X(DAY_OF_YEAR, "day_of_year") /* and {year} */                      \
    X(MONTH_OF_YEAR, "month_of_year") /* {year} {month} {name} */       \
    X(MONTH_1, "month_1")                                               \
    X(MONTH_2, "month_2")                                               \
    X(MONTH_3, "month_3")                                               \
    X(MONTH_4, "month_4")                                               \
    X(MONTH_5, "month_5")                                               \
    X(MONTH_6, "month_6")                                               \
    X(MONTH_7, "month_7")                                               \
    X(MONTH_8, "month_8")                                               \
    X(MONTH_9, "month_9")                                               \
    X(MONTH_10, "month_10")                                             \
    X(MONTH_11, "month_11")                                             \
    X(MONTH_12, "month_12")                                             \
    X(DAYS, "days")               /* {count} */                         \
    X(ONE_DAY, "one_day")                                               \
    X(HOURS, "hours")                                                   \
    X(ONE_HOUR, "one_hour")                                             \
    X(MINUTES, "minutes")                                               \
    X(ONE_MINUTE, "one_minute")                                         \
    X(SECONDS, "seconds")                                               \
    X(ONE_SECOND, "one_second")
// clang-format on

#define TEXT_ENUM(name, key) TEXT_##name,
enum text { TEXT_MAP(TEXT_ENUM) TEXT_COUNT };
#undef TEXT_ENUM

const char *text_of(enum language language, enum text text);
const char *text_key(enum text text); /* "new_shop" */

/* An error in a person's words: what it is, and what it means or what helps. */
struct text_problem {
    const char *title;
    const char *detail;
};
struct text_problem text_problem(enum language language, enum err err);

/* A text with its places filled, in the arena. */
struct text_place {
    const char *name;
    struct str value;
};
struct str text_fill(struct arena *arena, enum language language, enum text text,
                     const struct text_place *places, size_t count);

/* A language's tables; text.c alone reads them. */
struct text_catalogue {
    const char *text[TEXT_COUNT];
    struct text_problem problem[ERR_COUNT];
};
extern const struct text_catalogue text_zh, text_en;

#endif
