#!/bin/sh
# Runs all tests: of the Python package, installed into .venv; of the C library, with sanitizers; of an installed C
# library from outside; of the engine without each of its modules; then how many instructions scoring takes.
# PYLM_WERROR=1 makes compiler warnings errors.
set -eu
cd "$(dirname "$0")"
. .ci/setup.sh

make_environment
need cmake cmake make
need make make
need pkg-config pkg-config
need c++ g++
[ -e "$(python3 -c 'import sysconfig; print(sysconfig.get_path("include"))')/Python.h" ] || need Python.h python3-dev

# The C tests run beside those of Python, which mostly keep one processor busy. What they print comes when they are done.
c_tests() {
    # With -O3 or -g, compiling takes a third longer.
    cmake -S . -B build-c -DPYLM_BUILD_TESTS=ON -DPYLM_SANITIZE=ON -DPYLM_WERROR="${PYLM_WERROR:-0}" \
        -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_C_FLAGS_RELWITHDEBINFO="-O2 -g1" || return
    cmake --build build-c --parallel 2 --target pylm_tests || return
    ctest --test-dir build-c --output-on-failure --parallel 2
}
mkdir -p build-c
c_tests >build-c/tests.log 2>&1 &
in_c=$!
trap 'kill "$in_c" 2>/dev/null || true' EXIT
trap 'kill 0' INT # Ctrl-C, which programs in the background do not hear
.venv/bin/pip install --quiet '.[test]'
status=0
.venv/bin/pytest -q || status=$?
wait "$in_c" || status=$?
trap - EXIT INT
cat build-c/tests.log
[ "$status" = 0 ] || exit "$status"

sh tests/c/consumer/run.sh

if [ "$(uname -sm)" = "Linux x86_64" ]; then
    need valgrind valgrind
    sh tests/modules/run.sh
    sh tests/instructions/run.sh
fi
