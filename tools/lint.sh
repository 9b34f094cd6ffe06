#!/bin/bash
# tools/lint.sh - what can be judged without running: arrows between rooms, sizes of
# files, cppcheck, clang-tidy, shellcheck, and the OpenAPI document.
set -uo pipefail
cd "$(dirname "$0")/.." || exit
failed=0
step() { tools/tests.sh step "$@" || failed=1; }

# base <- proto <- storage <- scoring, storage <- server, cli on top (DESIGN.md, Rooms).
rooms_point_one_way() {
    local room forbidden wrong=0
    while read -r room forbidden; do
        grep -nE "#include \"($forbidden)/" -r "$room" --include='*.[ch]' && wrong=1
    done <<'RULES'
base proto|storage|scoring|server|cli
proto storage|scoring|server|cli
storage scoring|server|cli
scoring server|cli
server scoring|cli
RULES
    return $wrong
}

# A file is a few hundred lines; at 600 it is two files (STYLE.md). A test's is a list of
# promises and may be longer.
files_stay_small() {
    git ls-files '*.c' '*.h' '*.lua' ':!test/' | xargs -r wc -l |
        awk '$2 != "total" && $1 > 600 { print $2 ": " $1 " lines"; wrong = 1 }
             END { exit wrong }'
}

# A function longer than 70 lines hides a second one.
functions_fit_a_screen() {
    git ls-files '*.c' | xargs -r awk '
        FNR == 1 { start = 0 }
        /^\{/ { start = FNR }
        /^\}/ { if (start && FNR - start > 70) {
                    print FILENAME ":" start ": " FNR - start " lines"; wrong = 1 }
                start = 0 }
        END { exit wrong }'
}

# clang-format leaves comments alone. We write 88 columns; a word may stand out, and rulers.
comments_fit() {
    git ls-files '*.c' '*.h' '*.lua' '*.mjs' | LC_ALL=C xargs awk '
        { line = $0; gsub(/[\200-\277]/, "", line) } # characters, not bytes
        length(line) > 100 && line !~ /-----/ && line ~ /^ *(\/\*|\*|\/\/|--)/ {
            print FILENAME ":" FNR ": " length(line) " columns"; wrong = 1 }
        END { exit wrong }'
}

# Each room's sources.mk names its sources, one to a line, in order, each once; the
# program's main is not part of the library.
sources_are_listed_once() {
    local room wrong=0
    for room in base proto storage scoring server cli; do
        diff <(sed -n 's/^\t\(.*\) \\$/\1/p' "$room/sources.mk") \
            <(git ls-files "$room/*.c" | grep -vxF cli/main.c | LC_ALL=C sort) ||
            wrong=1
    done
    return $wrong
}

no_loose_ends() {
    ! git grep -nE '\b(TODO|FIXME|XXX|HACK)\b' -- '*.c' '*.h' '*.lua' '*.mjs'
}

# A key's name stands in storage/key.h, where a test looks at its hash tag.
keys_are_named_once() {
    ! git grep -nE '"[^"]*\{(g|[smpo]%|%c%)[^"]*"' -- '*.c' '*.h' ':!test/' \
        ':!storage/key.h'
}

# Docker's own, or Debian's docker-compose.
compose_file_is_sound() {
    local compose=(docker-compose)
    docker compose version >/dev/null 2>&1 && compose=(docker compose)
    XIAOPU_REDIS_PASSWORD=secret "${compose[@]}" -f docker-compose.yml config -q
}

# Off: what misreads the macros of sys/queue.h and uthash (Malloc, NullDereference, which
# gcc's -Wnull-dereference and cppcheck watch), and what forbids things that are meant:
# arrays of pointers, scores compared bit for bit, branches that say why they are alike.
CHECKS='-*,clang-analyzer-*,bugprone-*,-bugprone-easily-swappable-parameters'
CHECKS+=',-bugprone-reserved-identifier,-bugprone-assignment-in-if-condition'
CHECKS+=',-bugprone-implicit-widening-of-multiplication-result'
CHECKS+=',-bugprone-narrowing-conversions,-bugprone-macro-parentheses'
CHECKS+=',-bugprone-sizeof-expression,-bugprone-suspicious-memory-comparison'
CHECKS+=',-bugprone-branch-clone,-bugprone-misplaced-widening-cast'
CHECKS+=',-bugprone-too-small-loop-variable'
CHECKS+=',-clang-analyzer-unix.Malloc,-clang-analyzer-core.NullDereference'
CHECKS+=',-clang-analyzer-valist.Uninitialized,-clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling'

tidy() {
    FLAGS=$(sed -n 's/^PKG_CFLAGS := //p' build/deps/build.mk)
    export FLAGS
    # shellcheck disable=SC2016  # the inner shell expands, and flags are words
    git ls-files '*.c' ':!test/' | xargs -r -P "$(nproc)" -n 4 bash -c '
        clang-tidy-14 --quiet --warnings-as-errors="*" --checks="$CHECKS" "$@" -- \
            -std=gnu11 -I. -Ibuild/gen -DLLHTTP_STRICT_MODE=1 -D_GNU_SOURCE \
            -isystem /usr/share/include/llhttp $FLAGS' tidy
}

cpp_check() { # it does not read system headers: the lists of sys/queue.h are told
    git ls-files '*.c' ':!test/' | cppcheck -q -j "$(nproc)" --file-list=- -I . -Ibuild/gen \
        --enable=warning,portability --inline-suppr --error-exitcode=1 \
        --suppress=missingInclude --suppress=missingIncludeSystem -D_GNU_SOURCE \
        -DLLHTTP_STRICT_MODE=1 '-DLIST_HEAD(a,b)=struct {int x;}' \
        '-DLIST_ENTRY(a)=struct {int x;}' '-DTAILQ_HEAD(a,b)=struct {int x;}' \
        '-DTAILQ_ENTRY(a)=struct {int x;}'
}

# The counting script runs each step itself and so must know these.
export CHECKS
export -f rooms_point_one_way files_stay_small functions_fit_a_screen comments_fit \
    sources_are_listed_once no_loose_ends keys_are_named_once tidy cpp_check \
    compose_file_is_sound

step "lint: includes point one way" rooms_point_one_way
step "lint: files stay small" files_stay_small
step "lint: functions fit a screen" functions_fit_a_screen
step "lint: comments fit" comments_fit
step "lint: each source is listed once" sources_are_listed_once
step "lint: no loose ends" no_loose_ends
step "lint: keys are named once" keys_are_named_once
step "lint: shell" shellcheck -S warning tools/*.sh .ci/run
if [ -e proto/openapi.yaml ]; then
    step "lint: openapi" node test/lint/openapi.mjs proto/openapi.yaml
fi
if docker compose version >/dev/null 2>&1 || command -v docker-compose >/dev/null; then
    step "lint: compose" compose_file_is_sound
fi
step "lint: cppcheck" cpp_check
step "lint: clang-tidy" tidy
exit $failed
