# One file to a line, each with its backslash; an empty line ends the list.
proto_SRC := \
	proto/err.c \
	proto/event.c \
	proto/ids.c \
	proto/json.c \
	proto/money.c \
	proto/msgpack.c \
	proto/policy/fields.c \
	proto/policy/read.c \
	proto/policy/sensitive.c \
	proto/policy/write.c \
	proto/score/bracket.c \
	proto/score/credit.c \
	proto/score/decay.c \
	proto/score/figure.c \
	proto/score/influence.c \
	proto/score/params.c \
	proto/score/receipt.c \
	proto/score/release.c \
	proto/score/tier.c \
	proto/score/visit.c \
	proto/time.c \

