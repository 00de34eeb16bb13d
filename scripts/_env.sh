# Sourced by the scripts beside it: finds Python and makes the environment in .venv.
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
