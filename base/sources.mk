# One file to a line, each with its backslash; an empty line ends the list.
base_SRC := \
	base/arena.c \
	base/buf.c \
	base/child.c \
	base/clock.c \
	base/coro.c \
	base/crypto.c \
	base/csv.c \
	base/embedded.c \
	base/encode.c \
	base/hash.c \
	base/log.c \
	base/rand.c \
	base/str.c \
	base/task.c \
	base/utf8.c \
	base/xmalloc.c \

