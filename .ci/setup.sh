# Sourced by the scripts here, demo.sh and test.sh: Debian packages where they are missing, and the virtual environment.

root=$(command -v sudo || true)
[ "$(id -u)" = 0 ] && root=

# need PROGRAM PACKAGE...: installs the packages if the program is missing
need() {
    command -v "$1" >/dev/null && return
    if ! command -v apt-get >/dev/null; then
        echo "please install: $1" >&2
        exit 1
    fi
    ( # one after the other, where scripts run side by side
        flock 9
        program=$1
        shift
        command -v "$program" >/dev/null && exit
        $root apt-get update -q
        $root apt-get install -qy "$@"
    ) 9>"${TMPDIR:-/tmp}/pylm-packages.lock"
}

make_environment() {
    need cc gcc libc6-dev
    need python3 python3 python3-venv
    [ -x .venv/bin/pip ] && return
    if ! python3 -m venv .venv; then
        need apt-get
        $root apt-get install -qy python3-venv
        python3 -m venv --clear .venv
    fi
}

# Puts zig, a C compiler that brings the libraries of its targets, into the path.
need_zig() {
    .venv/bin/pip install --quiet ziglang
    PATH=$(.venv/bin/python -c 'import os, ziglang; print(os.path.dirname(ziglang.__file__))'):$PATH
}

# Puts rp2040js, an emulator of the Raspberry Pi Pico, where node finds it.
need_rp2040js() {
    need node nodejs
    need npm npm
    folder_of_rp2040js=.venv/rp2040js-1.4.1
    export NODE_PATH="$PWD/$folder_of_rp2040js/node_modules"
    [ -d "$NODE_PATH/rp2040js" ] && return
    mkdir -p $folder_of_rp2040js
    npm install --prefix $folder_of_rp2040js --ignore-scripts --no-audit --no-fund rp2040js@1.4.1
}
