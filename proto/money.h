/* proto/money.h - amounts in whole fen and rates in basis points.
 *
 * Money is int64_t fen from 0 to MONEY_FEN_MAX (10^12); nothing here knows a float.
 * What would leave that range is ERR_AMOUNT_RANGE and leaves *out untouched.
 */
#ifndef PROTO_MONEY_H
#define PROTO_MONEY_H

#include "base/str.h"
#include "proto/err.h"

#define MONEY_FEN_MAX INT64_C(1000000000000)
enum { BPS_ONE = 10000, MONEY_TEXT_BYTES = 24 };

/* An amount in yuan as tables write it: "12", "12.3", "12.30", "12.300", ".5",
 * "1,234.50", "1e2", "¥12"; spaces around it. Exact to the fen: digits beyond it must
 * be zeros. ERR_INVALID_FIELD when it is no amount, or negative, or finer than a fen.
 */
enum err money_read_yuan(struct str s, int64_t *fen);
/* "1234.50"; out holds MONEY_TEXT_BYTES. */
void money_write_yuan(int64_t fen, char *out);
/* A rate in percent, "5", "5.25", "5.25%", as basis points, 0 ... bps_max. */
enum err money_read_percent(struct str s, int64_t bps_max, int64_t *bps);

enum err money_add(int64_t a_fen, int64_t b_fen, int64_t *out_fen);
enum err money_sub(int64_t a_fen, int64_t b_fen, int64_t *out_fen); /* never below 0 */
enum err money_mul(int64_t price_fen, int64_t quantity, int64_t *out_fen);
/* The share of an amount, rounded down, so that no set of shares exceeds its whole.
 * Rates from 0 to BPS_ONE. */
enum err money_share(int64_t amount_fen, int64_t rate_bps, int64_t *out_fen);

#endif
