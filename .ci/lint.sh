#!/bin/sh
# What needs no build: the structure of the C sources, formats, lint and types. The tools are those of `pip install
# '.[dev]'`. They are put into .venv; pylm itself need not be there.
#
#     .ci/lint.sh          complains
#     .ci/lint.sh --fix    also mends what ruff and clang-format can
set -eu
cd "$(dirname "$0")/.."
. .ci/setup.sh

make_environment
# shellcheck disable=SC2046
.venv/bin/pip install --quiet cffi numpy $(.venv/bin/python .ci/dev_requirements.py)
PATH=$PWD/.venv/bin:$PATH

c_files() {
    git ls-files csrc tests firmware_demo examples | grep '\.[ch]$'
}

if [ "${1:-}" = --fix ]; then
    ruff check --fix . || true
    ruff format .
    c_files | xargs clang-format -i
fi
status=0
python3 tests/structure/check.py || status=1
ruff check . || status=1
ruff format --check . || status=1
c_files | xargs clang-format --dry-run -Werror || status=1
mypy || status=1
lint-imports || status=1
exit $status
