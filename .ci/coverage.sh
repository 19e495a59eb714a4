#!/bin/sh
# Which lines the tests run: of C, by the C tests in a build of its own; of Python, by the Python tests. Prints a short
# table; line by line it is in build-coverage/c.html and build-coverage/python/index.html. Nothing is enforced.
#
#     .ci/coverage.sh           both
#     .ci/coverage.sh c         one of them: c or python
set -eu
cd "$(dirname "$0")/.."
. .ci/setup.sh

make_environment
need cmake cmake make
need make make
.venv/bin/pip install --quiet gcovr 'coverage>=7.10' pytest-cov
folder=build-coverage
mkdir -p "$folder"

# Threads count in the same counters: atomic, so that none is lost.
cover_c() {
    flags="--coverage -O1 -g -fprofile-update=atomic"
    cmake -S . -B "$folder/c" -DPYLM_BUILD_TESTS=ON -DCMAKE_BUILD_TYPE=None -DCMAKE_C_FLAGS="$flags" >"$folder/c.txt"
    cmake --build "$folder/c" --parallel 2 --target pylm_tests >>"$folder/c.txt"
    find "$folder/c" -name '*.gcda' -delete # of an earlier run
    ctest --test-dir "$folder/c" --output-on-failure --parallel 2 >>"$folder/c.txt" || {
        cat "$folder/c.txt" >&2
        exit 1
    }
    # Lines of inner loops run billions of times: that is no mistake of gcov's.
    .venv/bin/gcovr --root . --filter csrc/ --gcov-suspicious-hits-threshold 0 --json-summary "$folder/c.json" --html-details "$folder/c.html" \
        "$folder/c/CMakeFiles/pylm_static.dir"
}

# Also of the programs that tests start.
cover_python() {
    .venv/bin/pip install --quiet '.[test]'
    cat >"$folder/coveragerc" <<INI
[run]
source_pkgs = pylm
parallel = true
patch = subprocess
data_file = $PWD/$folder/python.data
INI
    rm -f "$folder"/python.data*
    .venv/bin/pytest -q --cov --cov-config="$PWD/$folder/coveragerc" --cov-report=json:"$folder/python.json" \
        --cov-report=html:"$folder/python" >"$folder/python.txt" || # a test of times may fail where lines are counted
        grep -E '^(FAILED|ERROR) |passed' "$folder/python.txt"
}

for language in ${*:-c python}; do
    "cover_$language"
    .venv/bin/python .ci/coverage_table.py "$language" "$folder/$language.json"
done
