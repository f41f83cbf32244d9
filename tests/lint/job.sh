# shellcheck shell=bash
# What every job of this folder begins with: the repository's root, its tools, and one clear line at the end.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
job=$(basename "$0")
begun=$SECONDS
scratch=""
export VIGIL_CACHE=${VIGIL_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/vigil-observability}

export PATH="$PWD/.venv/bin:$PATH"
export ANSIBLE_COLLECTIONS_PATH="$PWD/.build" PYTHONPATH="$PWD/.build" MYPYPATH="$PWD/.build"
export ANSIBLE_NOCOLOR=1 NO_COLOR=1 PYTHONPYCACHEPREFIX="$PWD/.build/bytecode" PYTHONDONTWRITEBYTECODE=

finish() {
  if [ "$1" -eq 0 ]; then outcome=passed; else outcome=FAILED; fi
  [ -z "$scratch" ] || rm -rf "$scratch"
  echo "$job: $outcome in $((SECONDS - begun)) s"
}
trap 'finish $?' EXIT

# The collection under the path that Ansible knows it by; a link, so that there is one tree to edit.
link_collection() {
  mkdir -p .build/ansible_collections/vigil
  [ -L .build/ansible_collections/vigil/observability ] || ln -s ../../.. .build/ansible_collections/vigil/observability
}

# A folder of this job's own, which goes with it.
make_scratch() {
  scratch=$(mktemp -d)
}

# Build what users install, into the scratch folder, and print its path.
build_archive() {
  ansible-galaxy collection build --output-path "$scratch" . >"$scratch/build.log" || { cat "$scratch/build.log" >&2; exit 1; }
  echo "$scratch"/vigil-observability-*.tar.gz
}
