#!/bin/sh
# What the engine takes of a device for scoring, suggestions and learning: code with its constants, memory that is neither
# the caller's nor stack, and the deepest stack. Fails if that is more than budget.txt says.
#
#     tests/budget/run.sh              compares
#     tests/budget/run.sh --symbols    also says what the code is made of
set -eu
cd "$(dirname "$0")/../.."
. .ci/setup.sh
need arm-none-eabi-gcc gcc-arm-none-eabi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
options="-std=c99 -Os -ffreestanding -ffunction-sections -fdata-sections -fno-inline-functions-called-once -Wall -Wextra"

# Optimised as a whole, as a firmware's linker does it; memcpy, memset, memcmp apart, which are not counted.
build() { # CPU
    mkdir "$folder/$1"
    objects=""
    for source in tests/budget/use.c csrc/core/*.c; do
        object=$folder/$1/$(basename "$source").o
        objects="$objects $object"
        # shellcheck disable=SC2086
        arm-none-eabi-gcc -mcpu="$1" -mthumb $options -flto -I firmware_demo/libc -I csrc -c "$source" -o "$object"
    done
    arm-none-eabi-gcc -mcpu="$1" -mthumb -Os -ffreestanding -fno-tree-loop-distribute-patterns -I firmware_demo/libc \
        -c firmware_demo/libc/mem.c -o "$folder/$1/mem.o"
    # shellcheck disable=SC2086
    arm-none-eabi-gcc -mcpu="$1" -mthumb $options -flto -fcallgraph-info=su -nostdlib -Wl,--gc-sections -Wl,-e,core_begin \
        -Wl,-u,core_score -Wl,-u,core_suggest $objects "$folder/$1/mem.o" -lgcc -o "$folder/$1/core.elf"
}

symbols() { # CPU TYPES: bytes and names, without what is not the engine's
    arm-none-eabi-nm -S -t d "$folder/$1/core.elf" |
        awk -v types="$2" 'NF == 4 && index(types, $3) && $4 !~ /^(core_|mem(cpy|set|cmp)$)/ { print $2 + 0, $4 }' | sort -rn
}

report() { # CPU
    text=$(symbols "$1" "tTrRwW" | awk '{ n += $1 } END { print n }')
    ram=$(symbols "$1" "bBdD" | awk '{ n += $1 } END { print n + 0 }')
    stack=$(python3 tests/budget/stack.py "$folder/$1"/core.elf.ltrans0.ltrans.ci core_begin core_score core_suggest)
    echo "$1 text $text"
    echo "$1 ram $ram"
    echo "$1 stack ${stack%% *}"
    echo "deepest on $1: ${stack#* }" >&2
}

for cpu in cortex-m4 cortex-m0; do
    build $cpu
    report $cpu >>"$folder/found.txt"
    [ "${1:-}" != --symbols ] || symbols $cpu "tTrRwW"
done

status=0
while read -r cpu what most; do
    case $cpu in '#'* | '') continue ;; esac
    found=$(sed -n "s/^$cpu $what //p" "$folder/found.txt")
    echo "$cpu $what: $found bytes of $most"
    [ "$found" -le "$most" ] || status=1
done <tests/budget/budget.txt
[ $status = 0 ] || echo "more than the budget: tests/budget/run.sh --symbols says what of" >&2
exit $status
