#!/bin/sh
# Installs the C library into a temporary folder and uses it from there, shared and static: by CMake and by pkg-config.
# The programs are a trainer and the examples, whose output is checked. Also: nothing is exported but pylm_ names, and
# the engine in two files compiles by itself.
#
#     tests/c/consumer/run.sh                                    for this machine
#     tests/c/consumer/run.sh cmake/toolchains/aarch64.cmake     for another, under its emulator, by CMake only
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$here/../../..
toolchain=${1:+-DCMAKE_TOOLCHAIN_FILE=$(realpath "$1")}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# No global name of a library but those that match, and the locks that gcc makes of `omp critical (pylm_...)`.
check_names() { # PATTERN NM-OPTION LIBRARY
    if nm --defined-only "$2" "$3" | awk 'NF == 3 { print $3 }' | grep -Ev "^($1|[.]gomp_critical_user_pylm_)"; then
        echo "$3: these names are not pylm's, or not for users" >&2
        exit 1
    fi
}

build=${2:-$folder/build}
[ -n "${2:-}" ] || cmake -S "$root" -B "$build" ${toolchain:+"$toolchain"} >/dev/null
cmake --build "$build" --parallel 2 --target pylm_static --target pylm >/dev/null
cmake --install "$build" --prefix "$folder/usr" >/dev/null
lib=$(dirname "$(find "$folder/usr" -name 'libpylm.a')")
check_names 'pylm_' -g "$lib/libpylm.a"
if [ -e "$lib/libpylm.so" ]; then
    check_names 'pylm_[^_]' -D "$lib/libpylm.so"
fi

cmake -S "$here" -B "$folder/consumer" -Dpylm_DIR="$lib/cmake/pylm" ${toolchain:+"$toolchain"} >/dev/null
cmake --build "$folder/consumer" >/dev/null
ctest --test-dir "$folder/consumer" --verbose >"$folder/log" || {
    cat "$folder/log" >&2
    exit 1
}
# The real text is more probable than its letters in disorder, learning helps, and shared and static agree.
sed -n 's/^[0-9]*: *\(.*bits .*\)/\1/p' "$folder/log" | sort | uniq -c >"$folder/results"
awk '$1 != 2 { exit 1 }
     / the model$/ { text = $2 } / eht ledom$/ { disorder = $2 }
     / as the model is$/ { fixed = $2 } / learning as it reads$/ { learning = $2 }
     END { exit !(0 < text && text < disorder && 0 < learning && learning < fixed) }' "$folder/results" || {
    cat "$folder/results" >&2
    exit 1
}

if [ -z "$toolchain" ]; then
    cmake --build "$build" --target amalgamation >/dev/null
    cp -r "$build/amalgamation" "$folder/engine"
    python3 "$root/cmake/amalgamate.py" "$folder/again"
    cmp "$folder/engine/pylm.c" "$folder/again/pylm.c"
    cc -std=c99 -O2 -Wall -Wextra -Werror -c "$folder/engine/pylm.c" -o "$folder/engine/pylm.o"
    check_names 'pylm_' -g "$folder/engine/pylm.o"
    echo '#include "pylm.h"' | c++ -x c++ -Wall -Wextra -Werror "-I$folder/engine" -fsyntax-only -

    PKG_CONFIG_PATH=$lib/pkgconfig
    export PKG_CONFIG_PATH
    cc "$here/consumer.c" -o "$folder/shared" $(pkg-config --cflags --libs pylm) "-Wl,-rpath,$(pkg-config --variable=libdir pylm)"
    "$folder/shared" "$root/README.md" "$folder/shared.pylm"
    mkdir "$folder/static-only"
    cp "$lib/libpylm.a" "$folder/static-only"
    cc "$here/consumer.c" -o "$folder/static" "-L$folder/static-only" $(pkg-config --cflags --static --libs pylm |
        sed "s:-L[^ ]*::")
    "$folder/static" "$root/README.md" "$folder/static.pylm"
    cmp "$folder/shared.pylm" "$folder/static.pylm"
    cmake -S "$root/examples" -B "$folder/examples" -DCMAKE_PREFIX_PATH="$folder/usr" >/dev/null
    cmake --build "$folder/examples" >/dev/null
    "$folder/examples/complete" "$folder/shared.pylm" "the mod"
fi
echo "the installed library works from CMake${toolchain:+, under an emulator}"
