# Shared by the scripts: where the tree is, and how they speak. Sourced, not run.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

say() { printf '== %s\n' "$*" >&2; }
die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }

# Tests make and drop thousands of tables. Where there is plenty of memory their servers' files are kept there.
use_memory_for_servers() {
  [ -z "${TMPDIR:-}" ] && [ -w /dev/shm ] || return 0
  [ "$(df --output=avail -BG /dev/shm | tail -n 1 | tr -dc 0-9)" -ge 8 ] || return 0
  TMPDIR=$(mktemp -d /dev/shm/leat-test.XXXXXX)
  chmod 755 "$TMPDIR"
  trap 'rm -rf "$TMPDIR"' EXIT
  export TMPDIR
}
