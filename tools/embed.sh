#!/bin/bash
# tools/embed.sh - a directory of files as one C table (base/embedded.h).
#
#   tools/embed.sh SET DIRECTORY >FILE.c
#
# The files themselves come in by .incbin when FILE.c is compiled; their hashes stand in
# its text, so FILE.c changes whenever one of them does.
set -euo pipefail
export LC_ALL=C
set_name=$1
directory=${2%/}

files=()
while IFS= read -r file; do
    files+=("$file")
done < <(find "$directory" -type f ! -name '.*' | sort)

printf '/* Made by tools/embed.sh from %s. */\n' "$directory"
printf '#include "base/embedded.h"\n\nEMBEDDED(%s)\n\n' "$set_name"
if [ ${#files[@]} -gt 0 ]; then
    printf '// clang-format off\n__asm__(".section .rodata\\n"\n'
    for i in "${!files[@]}"; do
        printf '        ".balign 16\\n"\n'
        printf '        ".globl embedded_%s_%d\\n.hidden embedded_%s_%d\\n"\n' \
            "$set_name" "$i" "$set_name" "$i"
        printf '        "embedded_%s_%d: .incbin \\"%s\\"\\n.byte 0\\n"\n' \
            "$set_name" "$i" "${files[$i]}"
    done
    printf '        ".previous\\n");\n'
    for i in "${!files[@]}"; do
        printf 'extern const char embedded_%s_%d[];\n' "$set_name" "$i"
    done
fi
printf '\nconst struct embedded embedded_%s[] = {\n' "$set_name"
for i in "${!files[@]}"; do
    file=${files[$i]}
    hash=$(sha256sum "$file")
    printf '    { STR("%s"), { embedded_%s_%d, %d }, "%s" },\n' \
        "${file#"$directory"/}" "$set_name" "$i" "$(stat -c %s "$file")" "${hash:0:8}"
done
# An empty directory still makes a table; the last entry is not counted.
printf '    { { 0, 0 }, { 0, 0 }, "" },\n};\n'
printf 'const size_t embedded_%s_count = %d;\n' "$set_name" "${#files[@]}"
