# One Makefile. Each room lists its sources in ROOM/sources.mk, one file to a line.
#
#   make              build/xiaopu                  make run     build it and run it
#   make test         unit, function, scenario and browser tests
#   make check        everything that must hold before a change is done
#   make bench        speed, each beside its yardstick; make bench-compare BASE=commit
#   make soak         an hour of load and faults on a cluster (SOAK_MINUTES=60)
#   make instructions what a unit of work takes, by callgrind, beside what it took before
#   make format       clang-format over all C files
#   make install      PREFIX=/usr/local DESTDIR=
#   make deps         everything any of these needs; each of them installs what it misses
#   make unit | function | scenario | browser | lint | fuzz      one kind of test
#
# Variants differ by flags alone: make VARIANT=asan (or clang, fuzz) builds into
# build/asan. ONLY=word keeps the tests whose name holds the word.

VARIANT ?= release
ONLY    ?=
PREFIX  ?= /usr/local
BUILD   := $(if $(filter release,$(VARIANT)),build,build/$(VARIANT))
ROOMS   := base proto storage scoring server cli
PKGS    := libuv hiredis jansson openssl libutf8proc zlib libbrotlienc libbrotlidec \
           libqrencode gdlib
LLHTTP  := /usr/share/llhttp

# A newcomer types `make test`: use the cores there are unless told otherwise.
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc)
endif
MAKEFLAGS += --no-builtin-rules --no-print-directory

CC       := gcc
OPT      := -O2
SANITIZE :=
ifeq ($(VARIANT),asan)
OPT      := -O1 -fno-omit-frame-pointer
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all
endif
ifeq ($(VARIANT),clang)
CC := clang-14
endif
ifeq ($(VARIANT),fuzz)
CC       := clang-14
OPT      := -O1 -fno-omit-frame-pointer
SANITIZE := -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
endif

WARN := -Wall -Wextra -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes \
        -Wmissing-prototypes -Wold-style-definition -Wpointer-arith -Wcast-qual \
        -Wwrite-strings -Wundef -Wvla -Wformat=2 -Wimplicit-fallthrough \
        -Wdouble-promotion -Wnull-dereference -Werror
HARD := -fstack-protector-strong -fPIE -fcf-protection \
        $(if $(SANITIZE),,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
# Scores are bit identical on every machine only without fused multiply-adds.
CFLAGS   := -std=gnu11 -g $(OPT) $(WARN) $(HARD) $(SANITIZE) -ffp-contract=off -pthread
CPPFLAGS  = -I. -I$(BUILD)/gen -DLLHTTP_STRICT_MODE=1 -D_GNU_SOURCE \
            -isystem /usr/share/include/llhttp $(PKG_CFLAGS)
LDFLAGS  := -pie -Wl,-z,relro,-z,now $(SANITIZE) -pthread
LDLIBS    = $(PKG_LIBS) -lm

.DEFAULT_GOAL := all
include $(ROOMS:%=%/sources.mk)

# --- what must be installed first ----------------------------------------------------
# Make builds an included file before anything else and then starts over, so packages
# are there before the first source is looked at. One stamp for each group of packages.
ifneq ($(filter-out clean format deps,$(or $(MAKECMDGOALS),all)),)
-include build/deps/build.mk
endif

build/deps/build.mk: tools/packages.txt tools/deps.sh Makefile
	@mkdir -p $(@D)
	@tools/deps.sh build
	@{ echo "PKG_CFLAGS := $$(pkg-config --cflags $(PKGS))"; \
	   echo "PKG_LIBS := $$(pkg-config --libs $(PKGS))"; } >$@.new
	@mv $@.new $@

build/deps/%: tools/packages.txt tools/deps.sh
	@mkdir -p $(@D)
	@tools/deps.sh $*
	@touch $@

# The tools of the tests in Node; npm writes this file last.
NODE := node_modules/.package-lock.json
$(NODE): package-lock.json | build/deps/test
	@echo "  npm ci"
	@npm ci --silent </dev/null
	@touch $@

# --- the binary ----------------------------------------------------------------------
SRC  := $(foreach room,$(ROOMS),$($(room)_SRC))
OBJ  := $(SRC:%.c=$(BUILD)/%.o) $(BUILD)/llhttp/llhttp.o $(BUILD)/llhttp/api.o \
        $(BUILD)/llhttp/http.o
LIB  := $(BUILD)/libxiaopu.a
OTHER := $(BUILD)/other

# Directories that travel inside the binary, as set:directory (base/embedded.h).
EMBED := lua:storage/lua contract:proto/openapi.yaml demo:cli/demo \
         template:server/page/template asset:$(BUILD)/gen/asset
OBJ   += $(foreach e,$(EMBED),$(BUILD)/gen/$(firstword $(subst :, ,$(e))).o)

named     = $(if $(ONLY),$(foreach t,$(1),$(if $(findstring $(ONLY),$(t)),$(t))),$(1))
programs  = $(patsubst %.c,$(BUILD)/%,$(call named,$(sort $(wildcard $(1)))))
UNIT     := $(call programs,test/unit/*_test.c)
FUNCTION := $(call programs,test/function/*_test.c)
FUZZ     := $(call programs,test/fuzz/*_fuzz.c)
BENCH    := $(patsubst %.c,$(BUILD)/%,$(sort $(wildcard test/bench/*.c)))
SCENARIO := $(call named,$(sort $(wildcard test/scenario/*.test.mjs)))
BROWSER  := $(call named,$(sort $(wildcard test/browser/*.test.mjs)))
# What several test programs share; linked into each.
SUPPORT  := $(patsubst %.c,$(BUILD)/%.o,$(wildcard test/support/*.c))

.PHONY: all deps run test check check-rest bench bench-compare instructions soak \
        format install clean \
        programs unit function scenario browser lint fuzz FORCE
.SECONDARY:
.DELETE_ON_ERROR:

all: $(BUILD)/xiaopu
programs: all $(OTHER)/xiaopu $(UNIT) $(FUNCTION)

$(LIB): $(OBJ) $(ROOMS:%=%/sources.mk)
	@rm -f $@
	@ar rcs $@ $(OBJ)

$(BUILD)/xiaopu: $(BUILD)/cli/main.o $(LIB)
	@echo "  ld $@"
	@$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# The same program as another version, whose function libraries but one are others to
# Redis: tests replace one by the other while a store is in use.
OTHER_OBJ := $(OTHER)/lua.o $(OTHER)/cli/version.o $(OTHER)/server/admin/metrics.o

$(OTHER)/xiaopu: $(BUILD)/cli/main.o $(OTHER_OBJ) $(LIB)
	@echo "  ld $@"
	@$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(OTHER)/lua.c: $(wildcard storage/lua/*.lua) tools/embed.sh Makefile
	@rm -rf $(OTHER)/lua
	@mkdir -p $(OTHER)/lua
	@for file in storage/lua/*.lua; do \
	    cp $$file $(OTHER)/lua; \
	    case $$file in */policy.lua) ;; \
	    *) echo '-- of another version' >>$(OTHER)/lua/$${file##*/} ;; esac; \
	 done
	@tools/embed.sh lua $(OTHER)/lua >$@

$(OTHER)/proto/version.h: proto/version.h
	@mkdir -p $(@D)
	@sed '/^#define XIAOPU_VERSION/s/"$$/-other"/' $< >$@

$(OTHER)/%.o: $(OTHER)/%.c $(BUILD)/flags
	@$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

$(OTHER)/%.o: %.c $(OTHER)/proto/version.h $(BUILD)/flags
	@mkdir -p $(@D)
	@$(CC) -I$(OTHER) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# Objects are made anew when the flags change, and only then.
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(CC) $(CPPFLAGS) $(CFLAGS)' | cmp -s - $@ || \
	 echo '$(CC) $(CPPFLAGS) $(CFLAGS)' >$@

$(BUILD)/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	@echo "  cc $<"
	@$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

define embed
$(BUILD)/gen/$(1).c: FORCE
	@mkdir -p $$(@D)
	@tools/embed.sh $(1) $(2) >$$@.new
	@cmp -s $$@.new $$@ && rm $$@.new || mv $$@.new $$@
endef
$(foreach e,$(EMBED),$(eval $(call embed,$(firstword $(subst :, ,$(e))),$(lastword $(subst :, ,$(e))))))

# What pages load travels in three forms: as it is, and packed as tightly as can be.
ASSETS := $(patsubst server/page/asset/%,$(BUILD)/gen/asset/%,\
            $(wildcard server/page/asset/*))
$(BUILD)/gen/asset.c: $(ASSETS)
$(BUILD)/gen/asset/%: server/page/asset/%
	@mkdir -p $(@D)
	@gzip -9nc $< >$@.gz
	@brotli -q 11 -fo $@.br $<
	@cp $< $@

$(BUILD)/gen/%.o: $(BUILD)/gen/%.c $(BUILD)/flags
	@echo "  cc $<"
	@$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# Debian ships llhttp as sources; they are compiled as they are, but strict.
$(BUILD)/llhttp/%.o: $(LLHTTP)/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	@echo "  cc $<"
	@$(CC) $(CPPFLAGS) $(filter-out $(WARN),$(CFLAGS)) -w -c -o $@ $<

# --- tests ---------------------------------------------------------------------------
$(BUILD)/test/unit/%_test: $(BUILD)/test/unit/%_test.o $(SUPPORT) $(LIB)
	@echo "  ld $@"
	@$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lcmocka

$(BUILD)/test/function/%_test: $(BUILD)/test/function/%_test.o $(SUPPORT) $(LIB)
	@echo "  ld $@"
	@$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lcmocka

$(BUILD)/test/fuzz/%_fuzz: $(BUILD)/test/fuzz/%_fuzz.o $(LIB)
	@echo "  ld $@"
	@$(CC) $(LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(LDLIBS)

$(BENCH): $(BUILD)/%: $(BUILD)/%.o $(LIB)
	@echo "  ld $@"
	@$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# It comes between the calls of a batch.
$(BUILD)/test/function/recorded_test: LDFLAGS += -Wl,--wrap=call_wait_all

# It answers the store's calls itself.
$(BUILD)/test/fuzz/answer_fuzz: LDFLAGS += -Wl,--wrap=call_wait -Wl,--wrap=call_wait_all

export XIAOPU_BIN := $(abspath $(BUILD)/xiaopu)

# Each kind runs to its end and says by its exit code whether all passed.
$(UNIT:%=%.o) $(FUNCTION:%=%.o) $(SUPPORT): | build/deps/test
unit: $(UNIT)
	@tools/tests.sh cmocka $(UNIT)

function: $(FUNCTION) | build/deps/run
	@tools/tests.sh cmocka $(FUNCTION)

scenario: all $(OTHER)/xiaopu | build/deps/run $(NODE)
	@tools/tests.sh node $(SCENARIO)

browser: all | build/deps/run build/deps/browser $(NODE)
	@tools/tests.sh node $(BROWSER)

test: programs | build/deps/run build/deps/browser $(NODE)
	@tools/tests.sh begin
	@failed=0; \
	 tools/tests.sh cmocka $(UNIT) $(FUNCTION) || failed=1; \
	 tools/tests.sh node $(SCENARIO) $(BROWSER) || failed=1; \
	 tools/tests.sh sum || failed=1; \
	 exit $$failed

check: | build/deps/run build/deps/check build/deps/browser $(NODE)
	+@$(MAKE) test; $(MAKE) check-rest

# What `make check` does beyond `make test`.
check-rest: | build/deps/run build/deps/check build/deps/browser $(NODE)
	+@tools/check.sh

lint: | build/deps/check $(NODE)
	@tools/lint.sh

fuzz: | build/deps/check
	+@tools/fuzz.sh $(patsubst $(BUILD)/%,build/fuzz/%,$(FUZZ))

bench: all $(BENCH) | build/deps/run build/deps/bench $(NODE)
	@node test/bench/bench.mjs $(ONLY)

instructions: all | build/deps/run build/deps/check $(NODE)
	@WRITE=$(WRITE) node test/bench/instructions.mjs $(ONLY)

bench-compare: all $(BENCH) | build/deps/run build/deps/bench $(NODE)
	@node test/bench/compare.mjs $(or $(BASE),$(error BASE=commit is missing)) $(ONLY)

soak: all | build/deps/run $(NODE)
	@node test/soak/soak.test.mjs

# --- the rest ------------------------------------------------------------------------
deps: $(NODE)
	@tools/deps.sh build run test check browser bench

run: all | build/deps/run
	@exec $(BUILD)/xiaopu run $(ARGS)

format: | build/deps/check
	@git ls-files -z '*.c' '*.h' | xargs -0 clang-format-14 -i

install: all
	@install -D -m 755 $(BUILD)/xiaopu $(DESTDIR)$(PREFIX)/bin/xiaopu
	@install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/doc/xiaopu README.md LICENSE docs/*.md

clean:
	@rm -rf build

-include $(OBJ:.o=.d) $(BUILD)/cli/main.d $(SUPPORT:.o=.d) $(OTHER_OBJ:.o=.d)
-include $(UNIT:=.d) $(FUNCTION:=.d) $(FUZZ:=.d) $(BENCH:=.d)
