#!/bin/sh
# Makes a firmware of a model, or with the board "host" a program that reads the model's file instead.
#
#     firmware_demo/build.sh MODEL.pylm BOARD [OUTPUT]     OUTPUT is an ELF file, BOARD.elf here unless given
#
#     BOARD     a folder in firmware_demo/boards: host, microbit, mps2-an386, riscv32-virt, rp2040
#
# Variables, if they are set:
#     CC        the host's compiler
#     CFLAGS    more flags, such as -DBOARD_EMULATED: the session's end ends the emulator, and does not start it again;
#               of a setting that the board has, "-UBOARD_OVERLAY_NBYTES -DBOARD_OVERLAY_NBYTES=4096u"
#     LDFLAGS   more flags for the linker
#     OBJECTS   a folder for compiled files; those that are there are not compiled again
#     SOURCES   what to build instead of the demo's files, in this folder
#     MEMORY    a folder with another memory.ld than the board's
#
# Nothing of the toolchain is used but the compiler and libgcc.
set -eu
if [ $# -lt 2 ]; then
    sed -n '2,18s/^#$//p; 2,18s/^# //p' "$0" >&2
    exit 2
fi
here=$(cd "$(dirname "$0")" && pwd)
board=$2
[ -r "$1" ] || { echo "$1: cannot be read" >&2; exit 1; }
[ -d "$here/boards/$board" ] || { echo "$board: there is no such folder in firmware_demo/boards" >&2; exit 1; }
model=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
output=${3:-$board.elf}
output=$(cd "$(dirname "$output")" && pwd)/$(basename "$output")
common="-Wall -Wextra -Wshadow -Wconversion -Wundef -Wvla -Wmissing-prototypes -Wstrict-prototypes
    -Wno-maybe-uninitialized -std=c99 -O2 -I . -I ../csrc ${CFLAGS:-}"
[ "${PYLM_WERROR:-0}" = 0 ] || common="$common -Werror"
cd "$here"

# shellcheck disable=SC2086 # several words each
if [ "$board" = host ]; then
    ${CC:-cc} $common ${SOURCES:-app.c keyboard.c} boards/host/main.c ../csrc/core/*.c ../csrc/core/fast/*.c ../csrc/modules/*/*.c -o "$output"
    exit
fi

. "boards/$board/board.sh"
objects=${OBJECTS:-$(mktemp -d)}
[ -n "${OBJECTS:-}" ] || trap 'rm -rf "$objects"' EXIT
set -- # from here on, the objects
# shellcheck disable=SC2086
for source in ${SOURCES:-main.c app.c keyboard.c} $sources libc/mem.c ../csrc/core/*.c ../csrc/core/fast/*.c ../csrc/modules/*/*.c; do
    object=$objects/$(echo "$source" | sed 's,^[./]*,,; s,/,-,g').o
    set -- "$@" "$object"
    [ -e "$object" ] || "${prefix}gcc" $flags $common -ffreestanding -fno-tree-loop-distribute-patterns \
        -ffunction-sections -fdata-sections -I libc -c "$source" -o "$object"
done
# shellcheck disable=SC2086
"${prefix}gcc" $flags -DMODEL="\"$model\"" model.S "$@" -nostdlib -L "${MEMORY:-boards/$board}" -T boards/link.ld \
    -Wl,--gc-sections -Wl,--no-warn-rwx-segments ${LDFLAGS:-} -lgcc -o "$output"
"${prefix}objcopy" -O ihex "$output" "${output%.elf}.hex"
if [ -n "${uf2:-}" ]; then # whole sectors of the flash, which are 4 KB
    "${prefix}objcopy" -O binary "$output" "$objects/firmware.bin"
    dd if="$objects/firmware.bin" of="$objects/sectors.bin" bs=4096 conv=sync 2>/dev/null
    # shellcheck disable=SC2086
    "${prefix}gcc" $uf2 -DBINARY="\"$objects/sectors.bin\"" -DN_BLOCKS=$(($(wc -c <"$objects/sectors.bin") / 256)) \
        -c uf2.S -o "$objects/uf2.o"
    "${prefix}objcopy" -O binary "$objects/uf2.o" "${output%.elf}.uf2"
fi
"${prefix}size" "$output"
