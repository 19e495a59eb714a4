#!/bin/sh
# Whether the same sources give the same source distribution and the same wheel, to the last byte: both are built twice,
# in folders of other names, from files of other times and modes. Then the wheel's parts are listed (.ci/sbom.py). Quick:
# the library is compiled without optimizing, which has no part in this.
set -eu
cd "$(dirname "$0")/.."
. .ci/setup.sh

make_environment
.venv/bin/pip install --quiet 'setuptools>=77' 'cffi>=1.15'
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

build() { # FOLDER TIME MODE
    mkdir -p "$work/$1"
    git ls-files -z | xargs -0 cp --parents -t "$work/$1"
    sed -i 's/"-O3", "-g0"/"-O0", "-g0"/' "$work/$1/setup.py"
    find "$work/$1" -type f -exec touch -d "$2" {} + -exec chmod "$3" {} +
    (
        cd "$work/$1" &&
        "$python" setup.py --quiet sdist --dist-dir dist &&
        "$python" -m pip wheel --quiet --no-deps --no-build-isolation --no-cache-dir --wheel-dir dist dist/*.tar.gz
    ) >"$work/log" 2>&1 || {
        cat "$work/log" >&2
        exit 1
    }
}
python=$PWD/.venv/bin/python
build a 2001-02-03 go-w
build another/folder 2020-10-10T10:10:10 g+w
for path in "$work"/a/dist/*; do
    cmp "$path" "$work/another/folder/dist/$(basename "$path")"
    sha256sum "$path" | sed "s,$work/a/dist/,,"
done
"$python" .ci/sbom.py "$work"/a/dist/*.whl "$work"/another/folder/dist/*.whl
cmp "$work"/a/dist/*.cdx.json "$work"/another/folder/dist/*.cdx.json
