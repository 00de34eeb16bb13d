# Sourced by the scripts beside it: finds Python, makes the environment in .venv, and installs what
# tests run.
# SHOETRACK_PYTHON and SHOETRACK_VENV name others.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
venv=${SHOETRACK_VENV:-$root/.venv}
export PIP_DISABLE_PIP_VERSION_CHECK=1

find_python() {
    local candidate
    for candidate in ${SHOETRACK_PYTHON:-python3 python3.13 python3.12 python3.11 python}; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    echo "shoetrack needs Python 3.11 or newer, and found none: install one, or name it in SHOETRACK_PYTHON" >&2
    return 1
}

# make_env EXTRAS: an environment with the project in it, made once and again when pyproject.toml changes.
make_env() {
    local python stamp
    python=$(find_python) || return 1
    stamp="$venv/.installed$1-$(cksum <"$root/pyproject.toml" | tr ' ' '-')"
    [ -e "$stamp" ] && "$venv/bin/python" -c 'import shoetrack' 2>/dev/null && return
    echo "Making the environment in ${venv#"$root"/} with $("$python" --version) …"
    "$python" -m venv "$venv" || return 1
    echo "Installing shoetrack and what it needs …"
    "$venv/bin/python" -m pip install --quiet --editable "$root$1" || return 1
    touch "$stamp"
}

# install_desktop: what the tests of notifications on the desktop run, where we may install it.
# Without it those tests are skipped, and say so; nothing here fails or waits for long.
install_desktop() {
    local program missing=""
    for program in dbus-daemon dbus-run-session dbus-send dunst notify-send Xvfb; do
        command -v "$program" >/dev/null || missing="$missing $program"
    done
    [ -z "$missing" ] && return
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        echo "Not installed:$missing; the tests of notifications that need them are skipped."
        return
    fi
    echo "Installing dbus, dunst, libnotify-bin and xvfb, for the tests of notifications …"
    local packages=(dbus dunst libnotify-bin xvfb)
    # The lists of packages may be missing, or old; only the network is bounded, as dpkg must finish.
    _apt 120 install --download-only "${packages[@]}" ||
        { _apt 60 update && _apt 120 install --download-only "${packages[@]}"; } ||
        { echo "They cannot be had from here; the tests that need them are skipped." && return; }
    _apt 0 install --no-download "${packages[@]}" ||
        echo "They cannot be installed; the tests that need them are skipped."
}

# _apt SECONDS WORDS…: apt-get, quiet and asking nothing, for so long at most; 0 is for ever.
_apt() {
    DEBIAN_FRONTEND=noninteractive timeout "$1" apt-get -qq --yes --no-install-recommends \
        -o Acquire::Retries=0 -o Acquire::http::Timeout=15 -o Acquire::https::Timeout=15 \
        -o DPkg::Lock::Timeout=30 -o Dpkg::Use-Pty=0 "${@:2}" </dev/null >/dev/null 2>&1
}
