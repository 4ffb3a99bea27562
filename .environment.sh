# What ./run and ./test share: .venv, made from the locks with nothing but Python 3.11 and pip.
#
#   need_environment site      what the site needs: requirements.txt
#   need_environment tests     that, and what its tests need: requirements-dev.txt
#
# A file in .venv says which lock is installed, for which Python; it is written last, so an installation that was
# interrupted does not count. Changing requirements.txt makes .venv anew; the tests' lock only ever adds to it.

need_environment() {
    has_environment "$1" || (
        if command -v flock >/dev/null; then flock 9; fi # two that start at once make it once
        has_environment "$1" || make_environment "$1"
    ) 9>instance/.environment-lock || exit 1
}

has_environment() {
    [ -x .venv/bin/python ] && [ -e "$(stamp requirements.txt)" ] || return 1
    [ "$1" = site ] || [ -e "$(stamp requirements-dev.txt)" ]
}

# $1: a lock. Where it is written down that just this lock is installed, for just this Python.
stamp() {
    echo ".venv/$1-$({ cat "$1" && readlink -f .venv/bin/python; } | cksum | tr -d ' ')"
}

make_environment() {
    python=${PYTHON:-python3}
    command -v "$python" >/dev/null || refuse "This site needs Python 3.11 or newer, and there is no $python here."
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
        refuse "This site needs Python 3.11 or newer; $("$python" --version 2>&1) is too old. Name another with PYTHON=…"
    "$python" -m pip --python "$(command -v "$python")" --version >/dev/null 2>&1 ||
        refuse "This site needs pip 22.3 or newer for $python (on Debian: apt install python3-pip)."

    if [ -e .venv/adding ] || ! has_environment site; then
        echo "Installing what the site needs; this takes a minute, once." >&2
        "$python" -m venv --without-pip --clear .venv || refuse "The environment could not be made in .venv."
        install requirements.txt
    fi
    if [ "$1" = tests ]; then
        echo "Installing what the tests need; this takes a minute, once." >&2
        trap 'exit 130' INT TERM # what stays behind then is .venv/adding: who knows what is half installed
        : >.venv/adding
        install requirements-dev.txt
        rm .venv/adding
    fi
}

# $1: a lock
install() {
    rm -f .venv/"$1"-*
    "$python" -m pip --python .venv/bin/python install --quiet --disable-pip-version-check --no-input \
        --require-hashes -r "$1" || {
        rm -f .venv/adding # pip refused as a whole
        refuse "What stands in $1 could not be installed; see above."
    }
    : >"$(stamp "$1")"
}

refuse() {
    echo "$1" >&2
    exit 1
}
