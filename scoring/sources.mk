# One file to a line, each with its backslash; an empty line ends the list.
scoring_SRC := \
	scoring/agree.c \
	scoring/ask.c \
	scoring/beat.c \
	scoring/credit.c \
	scoring/credit_anew.c \
	scoring/cut.c \
	scoring/hold.c \
	scoring/load.c \
	scoring/mend.c \
	scoring/merge.c \
	scoring/order.c \
	scoring/pace.c \
	scoring/part.c \
	scoring/partition.c \
	scoring/pending.c \
	scoring/preview.c \
	scoring/preview_sum.c \
	scoring/rebuild.c \
	scoring/release.c \
	scoring/rows.c \
	scoring/sale_period.c \
	scoring/sales.c \
	scoring/scoring.c \
	scoring/series.c \
	scoring/shop.c \
	scoring/shop_release.c \
	scoring/sweep.c \
	scoring/tiers.c \
	scoring/turn.c \
	scoring/turnover.c \
	scoring/verify.c \
	scoring/visits.c \
	scoring/walk.c \
	scoring/worker.c \
	scoring/write.c \

