#!/bin/sh
# What needs no build: the structure of the C sources, formats, lint and types. All tools are those of `pip install
# '.[dev]'`; they are put into .venv-lint, without pylm itself.
#
#     .ci/lint.sh          complains
#     .ci/lint.sh --fix    also mends what ruff and clang-format can
set -eu
cd "$(dirname "$0")/.."
. .ci/setup.sh

make_environment
[ -x .venv-lint/bin/pip ] || .venv/bin/python -m venv .venv-lint
.venv/bin/python - <<'PYTHON' >.venv-lint/requirements.txt
import re
from pathlib import Path

text = Path("pyproject.toml").read_text(encoding="utf-8")
print("\n".join(re.findall(r'"(.+)"', re.search(r"^dev = \[(.*?)^\]", text, re.M | re.S)[1])))
print("cffi\nnumpy")  # whose types mypy reads
PYTHON
.venv-lint/bin/pip install --quiet -r .venv-lint/requirements.txt
PATH=$PWD/.venv-lint/bin:$PATH

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
