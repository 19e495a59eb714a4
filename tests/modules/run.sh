#!/bin/sh
# Builds the engine without each of its modules, and without all of them: by a switch, and by naming the modules that
# are wanted. Topics, voice and layout have a switch, too, but are parts of the core: they have no functions of their own.
# Checks that it compiles without a warning, needs nothing but memcpy() and its like, has the public functions of its
# modules and no others, and gives the golden scores.
#
#     tests/modules/run.sh
set -eu
cd "$(dirname "$0")/../.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

modules="text lexicon adapt decode explain kernel keyboard pack"
warnings="-Wall -Wextra -Wshadow -Wconversion -Wundef -Wvla -Wmissing-prototypes -Wstrict-prototypes -Werror"
# What an engine may need from elsewhere: these, and what the compiler adds. __cpu_model: which instructions there are.
needed='memcpy|memmove|memset|memcmp|_GLOBAL_OFFSET_TABLE_|__cpu_model|__stack_chk_fail'

public_functions() { # MODULE
    sed -n 's/^PYLM_API [^(]*\b\(pylm_[a-z0-9_]*\)(.*/\1/p' "csrc/pylm_$1.h"
}

fail() {
    echo "$*" >&2
    exit 1
}

compile() { # OPTION...
    # shellcheck disable=SC2086
    "${CC:-cc}" -std=c99 -O1 $warnings "$@"
}

# Compiles and checks an engine in one file. FOLDER has pylm.c and pylm.h; LEFT_OUT are the missing modules.
check() { # NAME FOLDER LEFT_OUT OPTION...
    name=$1 from=$2 left_out=$3
    shift 3
    object=$folder/engine.o
    compile "$@" -c "$from/pylm.c" -o "$object"
    unknown=$(nm -u "$object" | awk '{ print $2 }' | grep -vxE "$needed" || true)
    [ -z "$unknown" ] || fail "$name: the engine needs $unknown"
    nm "$object" | awk '$2 == "T" { print $3 }' >"$folder/defined.txt"
    for module in $modules; do
        for function in $(public_functions "$module"); do
            case " $left_out " in
                *" $module "*) ! grep -qx "$function" "$folder/defined.txt" || fail "$name: there is $function()" ;;
                *) grep -qx "$function" "$folder/defined.txt" || fail "$name: there is no $function()" ;;
            esac
        done
    done
    # shellcheck disable=SC2046,SC2086
    compile "$@" $(switched_off $left_out) -I "$from" -I csrc tests/modules/golden.c "$object" -o "$folder/golden"
    "$folder/golden" tests/golden || fail "$name: other scores"
    echo "$name: right"
}

switched_off() { # MODULE...
    for module; do
        echo "-DPYLM_MODULE_$(echo "$module" | tr a-z A-Z)=0"
    done
}

# All sources, with these switched off, as one file.
check_switches() { # MODULE...
    left_out=$*
    for module; do
        case $module in
            text) left_out="$left_out lexicon keyboard" ;; # which need it
            adapt) left_out="$left_out keyboard" ;;
        esac
    done
    # shellcheck disable=SC2046
    check "without $*" "$folder/all" "$left_out" $(switched_off "$@")
}

check_names() { # MODULE...: of these; none: of no module
    left_out=
    for module in $modules; do
        case " $* " in *" $module "*) ;; *) left_out="$left_out $module" ;; esac
    done
    python3 cmake/amalgamate.py "$folder/named" "$@"
    check "$*" "$folder/named" "$left_out"
}

python3 cmake/amalgamate.py "$folder/all"
check "all modules" "$folder/all" ""
for module in $modules topic voice layout; do
    check_switches "$module"
done
# Without any of them, also file by file, which shows missing includes; so does tests/budget/run.sh with one of them.
# shellcheck disable=SC2086
check_switches $modules topic voice layout
# shellcheck disable=SC2046,SC2086
compile $(switched_off $modules topic voice layout) -fsyntax-only -I csrc csrc/core/*.c csrc/core/fast/*.c csrc/modules/*/*.c
check_names none
check_names text keyboard adapt
