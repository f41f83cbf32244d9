# shellcheck shell=bash
# What every tool of this folder begins with: the cache, the label of all that is ours, and how errors are told.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tool=$(basename "$0")
cache=${VIGIL_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/vigil-observability}
label=vigil.observability
network=vigil-test
export here cache label network

say() { echo "$tool: $*" >&2; }

fail() {
  say "$*"
  exit 1
}

# Waits until a command succeeds: SECONDS COMMAND...
wait_for() {
  local until=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$until" ] || return 1
    sleep 0.2
  done
}

# Whether packages are installed here without a question: as root on Debian or Ubuntu.
may_install() { [ "$(id -u)" -eq 0 ] && [ -f /etc/debian_version ]; }

install_packages() {
  may_install || fail "missing here: $*; install it (Debian, Ubuntu: sudo apt-get install $*)"
  say "installing $*"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}
