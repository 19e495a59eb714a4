#!/bin/sh
# Measures what the engine takes of a device that scores, suggests and learns: code with its constants, memory that is
# neither the caller's nor stack, and the deepest stack; and the code that each module adds to an engine that scores.
# Fails if that is more than budget.txt says.
#
#     tests/budget/run.sh              compares
#     tests/budget/run.sh --symbols    also says what the code is made of, bytes
set -eu
cd "$(dirname "$0")/../.."
. .ci/setup.sh
need arm-none-eabi-gcc gcc-arm-none-eabi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

scoring="pylm_model_open pylm_work_nbytes pylm_state_init pylm_state_read pylm_score pylm_top"
functions="$scoring pylm_state_set_learning pylm_overlay_init pylm_state_attach"
options="-std=c99 -Os -ffreestanding -ffunction-sections -fdata-sections
    -Wall -Wextra -Wno-maybe-uninitialized -I firmware_demo/libc -I csrc
    -DPYLM_MOST_TREES=1 -DPYLM_MOST_TEMPLATES=16 -DPYLM_MOST_LAYERS=0 -DPYLM_MOST_MB=511 -DPYLM_ALIGNED=1"
# Any model of one tree that mixes, but has no topics, voice or layout.
any="-DPYLM_MODULE_KERNEL=0 -DPYLM_MODULE_TOPIC=0 -DPYLM_MODULE_VOICE=0 -DPYLM_MODULE_LAYOUT=0 -DPYLM_MODULE_LEXICON=0"
# As the demo's boards: for the model that is in the firmware.
device="$any -DPYLM_BYTES=1 -DPYLM_CODED=1 -DPYLM_TRUSTS=1"

# Optimised as a whole, as a firmware may be; the linker leaves out what these functions do not need. memcpy, memset and
# memcmp are apart, and not counted.
build() { # CPU FOLDER FUNCTIONS [OPTION...]
    cpu=$1 to=$folder/$2 needed=$3
    shift 3
    mkdir "$to"
    # shellcheck disable=SC2086
    set -- arm-none-eabi-gcc -mcpu="$cpu" -mthumb $options "$@"
    for source in csrc/core/*.c csrc/core/fast/*.c csrc/modules/*/*.c; do
        "$@" -flto -c "$source" -o "$to/$(basename "$source").o"
    done
    "$@" -fno-tree-loop-distribute-patterns -c firmware_demo/libc/mem.c -o "$to/mem.o"
    for function in $needed; do
        set -- "$@" "-Wl,-u,$function"
    done
    "$@" -flto -fcallgraph-info=su -nostdlib -Wl,--gc-sections -Wl,-e,pylm_score "$to"/*.o -lgcc -o "$to/core.elf"
}

# The code of an engine that scores any model of one tree, with the public functions of these modules and no others.
modules_nbytes() { # CPU [MODULE...]
    cpu=$1
    shift
    name=$cpu$(printf -- "-%s" core "$@")
    # shellcheck disable=SC2046
    [ -d "$folder/$name" ] || build "$cpu" "$name" "$scoring $(public_functions "$@")" $(switches "$@")
    text_nbytes "$name"
}

public_functions() { # MODULE...; topic, voice and layout, parts of the core, have none
    for module; do
        [ "$module" = topic ] || [ "$module" = voice ] || [ "$module" = layout ] || sed -n 's/^PYLM_API [^(]*\b\(pylm_[a-z0-9_]*\)(.*/\1/p' "csrc/pylm_$module.h"
    done
}

switches() { # MODULE...: these on, the others off
    for module in text lexicon adapt decode explain kernel keyboard pack topic voice layout; do
        case " $* " in *" $module "*) on=1 ;; *) on=0 ;; esac
        echo "-DPYLM_MODULE_$(echo $module | tr a-z A-Z)=$on"
    done
}

report_modules() { # CPU
    core=$(modules_nbytes "$1")
    echo "$1 core $core"
    for module in text adapt decode explain kernel pack topic voice layout; do
        with=$(modules_nbytes "$1" $module)
        echo "$1 module-$module $((with - core))"
    done
    with_text=$(modules_nbytes "$1" text)
    with=$(modules_nbytes "$1" text lexicon)
    echo "$1 module-lexicon $((with - with_text))"
    needed_by_keyboard=$(modules_nbytes "$1" text adapt)
    with=$(modules_nbytes "$1" text adapt keyboard)
    echo "$1 module-keyboard $((with - needed_by_keyboard))"
}

text_nbytes() { # FOLDER
    echo $(($(section_nbytes "$folder/$1/core.elf" "text|rodata") - $(section_nbytes "$folder/$1/mem.o" text)))
}

section_nbytes() { # FILE NAMES: the sum of these sections and their parts
    arm-none-eabi-size -A "$1" | awk -v names="^[.]($2)([.]|$)" '$1 ~ names { n += $2 } END { print n + 0 }'
}

report() { # CPU
    elf=$folder/$1/core.elf
    echo "$1 text $(text_nbytes "$1")"
    echo "$1 scoring $(text_nbytes "$1-scoring")"
    echo "$1 any $(text_nbytes "$1-any")"
    echo "$1 packing $(($(text_nbytes "$1-packing") - $(text_nbytes "$1-scoring")))"
    echo "$1 packing-learning $(($(text_nbytes "$1-packing-learning") - $(text_nbytes "$1")))"
    echo "$1 ram $(section_nbytes "$elf" "data|bss")"
    # shellcheck disable=SC2086
    stack=$(python3 tests/budget/stack.py "$elf".ltrans0.ltrans.ci $functions)
    echo "$1 stack ${stack%% *}"
    echo "deepest on $1: ${stack#* }" >&2
}

for cpu in cortex-m4 cortex-m0; do
    # shellcheck disable=SC2086
    build $cpu $cpu "$functions" $device
    # shellcheck disable=SC2086
    build $cpu $cpu-scoring "$scoring" $device -DPYLM_MODULE_ADAPT=0
    build $cpu $cpu-any "$functions" $any
    # shellcheck disable=SC2086
    build $cpu $cpu-packing "$scoring $(public_functions pack)" $device -DPYLM_MODULE_ADAPT=0
    # shellcheck disable=SC2086
    build $cpu $cpu-packing-learning "$functions $(public_functions pack)" $device
    report $cpu >>"$folder/found.txt"
    report_modules $cpu >>"$folder/found.txt"
    # Functions that are the same are one, with several names.
    [ "${1:-}" != --symbols ] || arm-none-eabi-nm -S -t d "$folder/$cpu/core.elf" |
        awk 'NF == 4 && !seen[$1]++ { print $2 + 0, $4 }' | sort -rn
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
