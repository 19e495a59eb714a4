#!/bin/sh
# Installs pylm into .venv beside this file, and shows what it is.
set -eu
cd "$(dirname "$0")"
. .ci/setup.sh

make_environment
.venv/bin/pip install --quiet .
.venv/bin/pylm demo
