#!/bin/sh
# Runs all tests: of the Python package, installed into .venv; of the C library, with sanitizers; and of an
# installed C library from outside; then how many instructions scoring takes. PYLM_WERROR=1 makes compiler warnings errors.
set -eu
cd "$(dirname "$0")"
. .ci/setup.sh

make_environment
need cmake cmake make
need make make
need pkg-config pkg-config
need c++ g++
[ -e "$(python3 -c 'import sysconfig; print(sysconfig.get_path("include"))')/Python.h" ] || need Python.h python3-dev

.venv/bin/pip install --quiet '.[test]'
.venv/bin/pytest -q

cmake -S . -B build -DPYLM_SANITIZE=ON -DPYLM_WERROR="${PYLM_WERROR:-0}"
cmake --build build --parallel 2 --target pylm_tests
ctest --test-dir build --output-on-failure --parallel 2

sh tests/c/consumer/run.sh

if [ "$(uname -sm)" = "Linux x86_64" ]; then
    need valgrind valgrind
    sh tests/instructions/run.sh
fi
