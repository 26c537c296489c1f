# Sourced by scripts/python and scripts/test: `setup_env [EXTRAS]` makes .venv and installs citespan.
# shellcheck shell=bash

SETUP_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." >/dev/null && pwd)
PYTHON_VERSIONS="python3.11 python3.12 python3.13 python3"

setup_fail() {
  printf 'citespan: %s\n' "$*" >&2
  return 1
}

# Prints the interpreter that PYTHON names, or else the first that is new enough: that of .venv, which
# so stays with the Python it was made with.
setup_find_python() {
  local candidate candidates=(.venv/bin/python $PYTHON_VERSIONS)
  if [ -n "${PYTHON:-}" ]; then candidates=("$PYTHON"); fi
  for candidate in "${candidates[@]}"; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$candidate"
      return
    fi
  done
  setup_fail "needs Python 3.11 or newer${PYTHON:+, which PYTHON=$PYTHON is not}; install it" \
    "(Debian: apt-get install python3-venv) or name one: PYTHON=/path/to/python3 $0"
}

# Debian keeps the modules that make environments in a package of its own.
setup_require_venv() {
  local python=$1 package
  "$python" -c 'import venv, ensurepip' 2>/dev/null && return
  package="$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    printf 'Installing %s ...\n' "$package" >&2
    { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy "$package"; } \
      >/dev/null && return
  fi
  setup_fail "$python cannot make environments; install its part for that: apt-get install $package"
}

setup_which_python() {
  "$1" -c 'import sys; print(sys.base_prefix, sys.version)'
}

# What an installation depends on; another folder or Python needs its own. The Python of an
# environment that is activated counts as the one it was made with.
setup_fingerprint() {
  {
    printf '%s\n' "$SETUP_ROOT"
    setup_which_python "$1"
    cat pyproject.toml constraints.txt
  } | cksum
}

# Whether what is installed has the fingerprint $1 and the extras $2, possibly among others.
setup_is_done() {
  local mark
  for mark in .venv/.installed"${2:+-$2}"*; do
    [ "$(cat "$mark" 2>/dev/null)" = "$1" ] && return
  done
  return 1
}

# Whether .venv is of the Python $1 and was made where it is: its scripts name their folder, and run
# nowhere else. No part of a first line is asked for, which for long paths is another one.
setup_venv_works() {
  grep -qF "$(pwd -P)/.venv/bin/" .venv/bin/pip 2>/dev/null &&
    .venv/bin/python -c 'import pip' 2>/dev/null &&
    [ "$(setup_which_python .venv/bin/python)" = "$(setup_which_python "$1")" ]
}

setup_install() {
  local extras=$1 python=.venv/bin/python
  local target=.${extras:+[$extras]}
  printf 'Installing citespan%s into .venv (a few minutes the first time) ...\n' \
    "${extras:+ with $extras}" >&2
  "$python" -m pip install --disable-pip-version-check --constraint constraints.txt \
    --editable "$target" >&2
}

# setup_env [EXTRAS]: afterwards .venv/bin/python runs citespan and the working directory is the
# project's. Fast when nothing changed since the last time.
setup_env() {
  local extras=${1:-} python wanted
  cd "$SETUP_ROOT" || return
  python=$(setup_find_python) || return
  wanted=$(setup_fingerprint "$python") || return
  if setup_is_done "$wanted" "$extras"; then return; fi
  (
    # Two starts at once must not install into the same folder; the lock ends with this subshell.
    if command -v flock >/dev/null; then flock 9; fi
    if setup_is_done "$wanted" "$extras"; then exit; fi
    if ! setup_venv_works "$python"; then
      if [ -L .venv ]; then rm .venv; fi # clearing a link would empty another project's
      setup_require_venv "$python" && "$python" -m venv --clear .venv || exit
    fi
    setup_install "$extras" || { setup_fail "the installation failed; see above"; exit 1; }
    printf '%s\n' "$wanted" >".venv/.installed${extras:+-$extras}"
  ) 9<"$SETUP_ROOT/scripts"
}
