#!/bin/sh
# Looks for races with clang's thread sanitizer: in training, scoring in bulk, decoding many states at once, and eight
# threads that share a model. LLVM's OpenMP tells the sanitizer how its threads wait for each other (libarcher).
#
#     tests/threads/run.sh
#
# On Debian: apt-get install clang libomp-dev.
set -eu
cd "$(dirname "$0")/../.."
folder=$PWD/build-threads
mkdir -p "$folder"

# The files of the library, by its own list; the build of CMake is not for this sanitizer.
sources=$(find csrc -name '*.c' ! -path 'csrc/platform/win32.c')
archer=$(find "$(clang -print-file-name=libarcher.so)" /usr/lib/llvm-*/lib/libarcher.so 2>/dev/null | tail -n 1)
[ -n "$archer" ] || {
    echo "LLVM's libarcher.so is missing: install clang and libomp-dev" >&2
    exit 1
}
# shellcheck disable=SC2086
clang -std=c99 -O1 -g -fsanitize=thread -fopenmp -pthread -ffp-contract=off -Icsrc -Itests/c \
    -DPYLM_TEST_DATA='"tests/golden"' tests/threads/races.c $sources -lm -o "$folder/races"
export OMP_TOOL_LIBRARIES="$archer" TSAN_OPTIONS="ignore_noninstrumented_modules=1 halt_on_error=1"

# It must be able to see one.
for kind in pthreads openmp; do
    ! "$folder/races" $kind >"$folder/race.txt" 2>&1 || {
        echo "the sanitizer sees no race of $kind where there is one" >&2
        exit 1
    }
done
"$folder/races"
