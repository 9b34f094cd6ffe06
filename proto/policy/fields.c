/* proto/policy/fields.c - every policy field, once.
 *
 * To add a field: a member in struct policy, a row here, and its line in API.md.
 */
#include "proto/policy/fields.h"

#include <stddef.h>

#include "proto/money.h"

enum {
    MINUTE_S = 60,
    DAY = 86400,
    MONTH_S = 30 * DAY,
    QUARTER_S = 90 * DAY,
    YEAR_S = 365 * DAY,
    POINTS_MAX = 1000000000,
    /* Rows keep a day's weight in units of 50 (SCORING.md 6). */
    VISITOR_WEIGHT_STEP = 50
};

static const int64_t half_lives[] = { 7, 14, 30, 60, 90, 0 };

#define AT(member) offsetof(struct policy, member)
#define INTEGER(path, member, least, most, unit, otherwise, zh, en)                  \
    {                                                                                \
        path, POLICY_INTEGER, AT(member), least, most, unit, "[" #otherwise "]", zh, \
            en, .step = 0                                                            \
    }
#define GATE(path, member, least, most, unit, otherwise, zh, en)                     \
    {                                                                                \
        path, POLICY_INTEGER, AT(member), least, most, unit, "[" #otherwise "]", zh, \
            en, .gate = true                                                         \
    }
#define STEPS(path, member, least, most, by, unit, otherwise, zh, en)                \
    {                                                                                \
        path, POLICY_INTEGER, AT(member), least, most, unit, "[" #otherwise "]", zh, \
            en, .step = by                                                           \
    }
#define ONE_OF(path, member, values, least, most, unit, otherwise, zh, en)           \
    {                                                                                \
        path, POLICY_INTEGER, AT(member), least, most, unit, "[" #otherwise "]", zh, \
            en, .allowed = values                                                    \
    }
#define TEXT(path, member, least, most, otherwise, zh, en)                          \
    {                                                                               \
        path, POLICY_TEXT, AT(member), least, most, "", "[" #otherwise "]", zh, en, \
            .step = 0                                                               \
    }
#define WORDS(path, member, most, chars, otherwise, zh, en)                     \
    {                                                                           \
        path, POLICY_WORDS, AT(member), 0, most, "", "[" otherwise "]", zh, en, \
            .chars_max = chars                                                  \
    }
#define LIST(path, member, most, otherwise, zh, en)                            \
    {                                                                          \
        path, POLICY_LIST, AT(member), 1, most, "", "[" otherwise "]", zh, en, \
            .item_offset = AT(member.item[0]) - AT(member),                    \
            .item_bytes = AT(member.item[1]) - AT(member.item[0])              \
    }
#define INNER(path, type, member, least, most, unit, zh, en)                          \
    {                                                                                 \
        path, POLICY_INTEGER, offsetof(struct type, member), least, most, unit, NULL, \
            zh, en, .step = 0                                                         \
    }

// clang-format off
const struct policy_field policy_fields[] = {
    LIST("slots.tiers", slots.tiers, SLOTS_MAX,
         "[{\"influence\": 0, \"slots\": 4}, {\"influence\": 300, \"slots\": 5},"
         " {\"influence\": 800, \"slots\": 6}, {\"influence\": 2000, \"slots\": 8},"
         " {\"influence\": 5000, \"slots\": 10}, {\"influence\": 12000, \"slots\": 12}]",
         "影响力达到多少就有多少个橱窗位；逐级递增，第一级从 0 开始",
         "how many slots a shop has from which influence on; ascending, the first from 0"),
    INNER("slots.tiers[].influence", policy_tier, influence, 0, POINTS_MAX, "points",
          "这一级所需的影响力", "the influence that this tier takes"),
    INNER("slots.tiers[].slots", policy_tier, slots, 1, SLOTS_MAX, "",
          "这一级的橱窗位数", "the slots of this tier"),
    INTEGER("slots.cooldown_s", slots.cooldown_s, 0, YEAR_S, "s", 259200,
            "橱窗位更换商品后要等多久才能再换", "how long a slot rests after a change"),
    INTEGER("slots.hold_s", slots.hold_s, 0, YEAR_S, "s", 1209600,
            "降级后多出来的橱窗位还保留多久",
            "how long a filled slot stays after its tier was lost"),
    INTEGER("slots.up_after", slots.up_after, 1, 30, "days", 2,
            "连续多少天达到更高一级才升级", "consecutive days above a tier before it is given"),
    INTEGER("slots.down_after", slots.down_after, 1, 30, "days", 4,
            "连续多少天低于界线才降级", "consecutive days below the line before a tier is lost"),
    INTEGER("slots.down_below_pct", slots.down_below_pct, 1, 100, "percent", 70,
            "降级界线：低于本级门槛的百分之几",
            "that line, in percent of the tier's threshold"),

    ONE_OF("influence.half_life_days", influence.half_life_days, half_lives, 7, 90,
           "days", 30, "影响力每过多少天减半", "after how many days influence has halved"),
    GATE("influence.settle_after_s", influence.settle_after_s, 0, MONTH_S, "s", 604800,
            "付款后多久没有退款才计入", "how long after paying a sale counts if not refunded"),
    INTEGER("influence.merchant_buyer_weight", influence.merchant_buyer_weight, 0, 1000,
            "permille", 1000, "只有商家认识的买家的权重",
            "the weight of a buyer whom only the merchant knows"),
    LIST("influence.buyer_weights", influence.buyer_weights, POLICY_BUYER_WEIGHTS_MAX,
         "[{\"age_days\": 0, \"weight\": 200}, {\"age_days\": 7, \"weight\": 500},"
         " {\"age_days\": 30, \"weight\": 1000}]",
         "买家的权重，按付款时账号的天数；递增，第一行从 0 天开始",
         "a buyer's weight by the account's age when paying; ascending, the first from 0"),
    INNER("influence.buyer_weights[].age_days", policy_buyer_weight, age_days, 0, 3650,
          "days", "账号至少多少天", "the account's least age"),
    INNER("influence.buyer_weights[].weight", policy_buyer_weight, weight, 0, 1000,
          "permille", "这样的买家的权重", "the weight of such a buyer"),
    LIST("influence.sales_brackets", influence.sales_brackets, POLICY_BRACKETS_MAX,
         "[{\"up_to_fen\": 10000, \"permille\": 1000}, {\"up_to_fen\": 20000, \"permille\": 500},"
         " {\"up_to_fen\": 50000, \"permille\": 200}, {\"up_to_fen\": 200000, \"permille\": 50}]",
         "同一买家 28 天内在一家小铺的消费分段计入；递增，超出部分不计",
         "how one buyer's spending in a shop within 28 days counts, by brackets; ascending, "
         "what lies beyond counts nothing"),
    INNER("influence.sales_brackets[].up_to_fen", policy_bracket, up_to, 1,
          INT64_C(10000000000), "fen", "这一段到多少分为止", "where this bracket ends"),
    INNER("influence.sales_brackets[].permille", policy_bracket, permille, 0, 1000,
          "permille", "这一段按千分之几计入", "how much of this bracket counts"),
    STEPS("influence.visitor_weights.verified", influence.visitor_weights.verified, 0,
          1000, VISITOR_WEIGHT_STEP, "permille", 1000, "已验证的老账号访客的权重",
          "the weight of a visitor with a verified account of 30 days"),
    STEPS("influence.visitor_weights.member", influence.visitor_weights.member, 0, 1000,
          VISITOR_WEIGHT_STEP, "permille", 250, "其他已登录访客的权重",
          "the weight of any other visitor who is signed in"),
    STEPS("influence.visitor_weights.anonymous", influence.visitor_weights.anonymous, 0,
          1000, VISITOR_WEIGHT_STEP, "permille", 100, "未登录访客的权重",
          "the weight of a visitor who is not signed in"),
    INTEGER("influence.visitor_fen", influence.visitor_fen, 0, 10000, "fen", 50,
            "一位足额访客每天值多少分", "what a full visitor is worth a day"),
    INTEGER("influence.visitor_days_max", influence.visitor_days_max, 1, 28, "days", 4,
            "同一访客在 28 天内最多计多少天", "days that count of one visitor within 28 days"),
    INTEGER("influence.anonymous_per_net_max", influence.anonymous_per_net_max, 1, 100,
            "visitors", 5, "同一网段每天最多计多少位未验证访客",
            "unverified visitors that count from one network a day"),
    LIST("influence.visit_brackets", influence.visit_brackets, POLICY_BRACKETS_MAX,
         "[{\"up_to_visitors\": 50, \"permille\": 1000},"
         " {\"up_to_visitors\": 200, \"permille\": 400},"
         " {\"up_to_visitors\": 1000, \"permille\": 100}]",
         "一天的访客分段计入；递增，超出部分不计",
         "how a day's visitors count, by brackets; ascending, what lies beyond counts nothing"),
    INNER("influence.visit_brackets[].up_to_visitors", policy_bracket, up_to, 1, 1000000,
          "visitors", "这一段到多少位访客为止", "where this bracket ends"),
    INNER("influence.visit_brackets[].permille", policy_bracket, permille, 0, 1000,
          "permille", "这一段按千分之几计入", "how much of this bracket counts"),
    INTEGER("influence.activity_fen", influence.activity_fen, 0, 100000, "fen", 500,
            "店主打理小铺的一天值多少分", "what a day of the owner's activity is worth"),
    INTEGER("influence.visits_of_sales_pct", influence.visits_of_sales_pct, 0, 100,
            "percent", 25, "访问在销售的百分之几以内足额计入",
            "visits count in full up to this part of sales"),
    INTEGER("influence.visits_beyond_pct", influence.visits_beyond_pct, 0, 100, "percent",
            10, "超出部分按百分之几计入", "and this much of what lies beyond"),
    INTEGER("influence.activity_of_rest_pct", influence.activity_of_rest_pct, 0, 100,
            "percent", 10, "活跃最多计到销售与访问之和的百分之几",
            "activity counts up to this part of sales and visits"),

    GATE("release.interval_s", release.interval_s, 1, YEAR_S, "s", 604800,
            "每隔多久公布一次数字", "how often figures are released"),
    GATE("release.k_min", release.k_min, 1, 1000, "buyers", 5,
            "至少多少位不同买家才公布（下限）", "distinct buyers a release takes, at least"),
    INTEGER("release.k_max", release.k_max, 1, 1000, "buyers", 12,
            "至少多少位不同买家才公布（上限）", "distinct buyers a release takes, at most"),
    GATE("release.delay_days_max", release.delay_days_max, 0, 30, "days", 6,
            "一笔销售最多随机推迟多少天公布", "how many days a sale may be held back, at random"),
    INTEGER("release.cap_fen", release.cap_fen, 100, 100000000, "fen", 10000,
            "一位买家一次最多公布多少，其余下次再公布",
            "the most that one buyer adds to a release; the rest follows later"),
    GATE("release.noise_points", release.noise_points, 0, 100000, "points", 100,
            "随机噪声的尺度，0 为不加", "the scale of the noise; 0 is none"),

    INTEGER("board.size", board.size, 1, BOARD_SIZE_MAX, "shops", 300,
            "榜单列多少家", "how many shops the board lists"),
    INTEGER("board.listing.top", board.listing.top, 0, BOARD_SIZE_MAX, "shops", 50,
            "前多少名需要满足下列条件", "how many first places have the conditions below"),
    INTEGER("board.listing.min_shops", board.listing.min_shops, 0, 1000000, "shops", 300,
            "有公开数字的小铺少于此数时不设条件",
            "with fewer shops that have public figures there are no conditions"),
    INTEGER("board.listing.min_releases", board.listing.min_releases, 0,
            BOARD_LISTING_RELEASES_MAX, "releases", 3, "窗口内至少公布过多少次",
            "releases within the window, at least"),
    INTEGER("board.listing.window_days", board.listing.window_days, 1, 730, "days", 84,
            "窗口的天数", "the window"),
    INTEGER("board.listing.max_buyer_share_pct", board.listing.max_buyer_share_pct, 1,
            100, "percent", 40, "最大买家的占比不得超过",
            "the largest buyer's share, at most"),

    INTEGER("attribution.window_s", attribution.window_s, MINUTE_S, QUARTER_S, "s",
            604800, "点击链接后多久内的购买算作小铺带来的",
            "how long after the click a purchase counts as brought by the shop"),

    WORDS("privacy.sensitive_categories", privacy.sensitive_categories,
          POLICY_SENSITIVE_MAX, 40, "[\"计生\", \"医疗\", \"health\"]",
          "敏感类目：买家不足时店主也看不到",
          "categories whose figures the owner sees only from enough buyers"),
    WORDS("names.reserved", names.reserved, POLICY_RESERVED_MAX, 24,
          "[\"官方\", \"客服\", \"official\", \"support\"]", "名称中不得出现的词",
          "words that names must not hold"),

    INTEGER("limits.sign_ups_per_hour", limits.sign_ups_per_hour, 0, 1000000, "", 30,
            "每个地址每小时的注册次数，0 为不限", "sign-ups an hour and address; 0: no limit"),
    INTEGER("limits.failed_sign_ins_per_quarter", limits.failed_sign_ins_per_quarter, 0,
            1000000, "", 10, "每刻钟的登录失败次数，按账号和地址，0 为不限",
            "failed sign-ins in 15 minutes, by account and by address; 0: no limit"),
    INTEGER("limits.orders_per_hour", limits.orders_per_hour, 0, 1000000, "", 30,
            "每位会员每小时的下单次数，0 为不限", "orders an hour and member; 0: no limit"),
    INTEGER("limits.merchant_calls_per_s", limits.merchant_calls_per_s, 0, 1000000, "",
            2000, "每个商家每秒的调用次数，0 为不限",
            "calls a second and merchant; 0: no limit"),
    INTEGER("limits.public_gets_per_minute", limits.public_gets_per_minute, 0, 1000000,
            "", 0, "每个地址每分钟的公开访问次数，0 为不限",
            "public reads a minute and address; 0: no limit"),

    INTEGER("orders.payment_window_s", orders.payment_window_s, MINUTE_S, DAY, "s", 1800,
            "下单后多久内付款", "how long an order waits for its payment"),
    INTEGER("orders.refund_window_s", orders.refund_window_s, 0, 180 * DAY, "s", 604800,
            "多久内可以退款", "how long a refund may be asked for"),
    INTEGER("commission.default_bps", commission.default_bps, 0, BPS_ONE, "bps", 500,
            "未写明时的佣金率", "the rate when a product names none"),
    INTEGER("commission.max_bps", commission.max_bps, 0, BPS_ONE, "bps", 3000,
            "佣金率的上限", "the highest rate that a product may have"),
    INTEGER("commission.settle_after_s", commission.settle_after_s, 0, YEAR_S, "s",
            604800, "佣金多久后结算", "how long commission is pending"),
    INTEGER("withdrawals.min_fen", withdrawals.min_fen, 0, MONEY_FEN_MAX, "fen", 100,
            "一次最少提现", "the least of one withdrawal"),
    INTEGER("withdrawals.daily_fen", withdrawals.daily_fen, 0, MONEY_FEN_MAX, "fen",
            500000, "一天最多提现", "the most a day"),
    INTEGER("withdrawals.approval_over_fen", withdrawals.approval_over_fen, 0,
            MONEY_FEN_MAX, "fen", 100000, "超过多少需要审批",
            "above this an operator approves"),

    TEXT("site.name", site.name, 1, 40, "小铺", "站点名称", "the site's name"),
    TEXT("site.operator_name", site.operator_name, 0, 80, "", "运营者", "who runs it"),
    TEXT("site.contact", site.contact, 0, 120, "", "联系方式", "how to reach them"),
    TEXT("site.icp", site.icp, 0, 40, "", "ICP 备案号", "the ICP record number"),
    TEXT("site.terms_url", site.terms_url, 0, 200, "", "服务条款的网址，http(s) 或空",
         "where the terms are; http(s) or empty"),
};
// clang-format on

const size_t policy_fields_count = sizeof(policy_fields) / sizeof(policy_fields[0]);

bool
policy_field_is_inner(const struct policy_field *field)
{
    return field->otherwise == NULL;
}

const char *
policy_field_name(const struct policy_field *field)
{
    return strrchr(field->path, '.') + 1;
}
