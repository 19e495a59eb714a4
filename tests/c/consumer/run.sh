#!/bin/sh
# Installs the C library into a temporary folder and uses it from there: by CMake and by pkg-config.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cmake -S "$here/../../.." -B "$folder/build" -DPYLM_BUILD_TESTS=OFF >/dev/null
cmake --build "$folder/build" --parallel 2 >/dev/null
cmake --install "$folder/build" --prefix "$folder/usr" >/dev/null

cmake -S "$here" -B "$folder/consumer" -DCMAKE_PREFIX_PATH="$folder/usr" >/dev/null
cmake --build "$folder/consumer" >/dev/null
"$folder/consumer/shared"
"$folder/consumer/static"

PKG_CONFIG_PATH=$(dirname "$(find "$folder/usr" -name pylm.pc)")
export PKG_CONFIG_PATH
cc "$here/consumer.c" -o "$folder/plain" $(pkg-config --cflags --libs pylm) "-Wl,-rpath,$(pkg-config --variable=libdir pylm)"
"$folder/plain"
echo "the installed library works from CMake and pkg-config"
