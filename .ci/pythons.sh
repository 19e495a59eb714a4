#!/bin/sh
# Runs the Python tests on every Python from 3.10 up that is installed here, all with the same wheel; and on the oldest
# of them once more with the oldest numpy, cffi and tqdm that pyproject.toml allows. Says one line of each.
#
#     .ci/pythons.sh                        all tests
#     .ci/pythons.sh tests/py/test_state.py some of them
#
# Pythons are looked for in PATH and where pyenv keeps them. What the tests print is in build-pythons/, where the
# environments stay for the next time.
set -eu
cd "$(dirname "$0")/.."
. .ci/setup.sh

make_environment
folder=$PWD/build-pythons
mkdir -p "$folder"
rm -f "$folder"/*.whl
.venv/bin/pip wheel --quiet --no-deps --wheel-dir "$folder" .
wheel=$(echo "$folder"/*.whl)

# A program for each version, the oldest first.
find_pythons() {
    for minor in 10 11 12 13 14 15; do
        for python in "python3.$minor" "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.$minor.*/bin/python3; do
            if "$python" -c "import ensurepip" 2>/dev/null; then
                echo "$python"
                break
            fi
        done
    done
}

# As requirements of just these versions.
lower_bounds() {
    sed -n 's/^dependencies = \[\(.*\)\].*/\1/p' pyproject.toml | tr -d '" ' | tr , '\n' | sed 's/>=/==/'
}

# run_tests NAME PYTHON [REQUIREMENT...]
run_tests() {
    name=$1 python=$2
    shift 2
    here=$folder/$name
    [ -x "$here/bin/pytest" ] || "$python" -m venv --clear "$here"
    "$here/bin/pip" install --quiet "$wheel[test]" "$@" || return
    "$here/bin/pip" install --quiet --force-reinstall --no-deps "$wheel" || return # a build of the same version
    # shellcheck disable=SC2086
    "$here/bin/pytest" -q -p no:cacheprovider $tests
}

# As run_tests; prints the versions, and what the tests say at their end or, if they fail, all of it.
report() {
    if run_tests "$@" >"$folder/$1.txt" 2>&1; then
        said=$(tail -n 1 "$folder/$1.txt")
    else
        said=FAILED
        cat "$folder/$1.txt" >&2
    fi
    "$folder/$1/bin/python" - "$said" <<'PYTHON'
import platform
import sys
from importlib.metadata import version

packages = ", ".join(f"{name} {version(name)}" for name in ("numpy", "cffi", "tqdm"))
print(f"Python {platform.python_version()}, {packages}: {sys.argv[1]}", flush=True)
PYTHON
    [ "$said" != FAILED ]
}

tests=${*:-tests/py}
pythons=$(find_pythons)
[ "$(echo "$pythons" | wc -l)" -gt 1 ] || echo "only one Python is installed here: $pythons"
status=0
oldest=""
for python in $pythons; do
    oldest=${oldest:-$python}
    report "$("$python" -c 'import platform; print(platform.python_version())')" "$python" || status=1
done
# shellcheck disable=SC2046
report oldest-packages "$oldest" $(lower_bounds) || status=1
exit $status
