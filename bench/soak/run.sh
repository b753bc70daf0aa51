#!/usr/bin/env bash
# Runs leat_soak on two private servers.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$(dirname "$here")")
# shellcheck source=scripts/lib/postgres.sh
. "$root/scripts/lib/postgres.sh"

usage() {
  cat <<EOF
usage: scripts/soak --loads [MINUTES] [--rounds N] [--seed N]
Loads tables of two private servers over and over in one process for that long (default: 30 minutes), or so many rounds;
ends sessions, stops loads, and fails where memory, descriptors, threads, sessions or tables stay behind.
EOF
}

length=(--minutes 30)
seed=()
while [ $# -gt 0 ]; do
  case $1 in
    --rounds | --seed)
      [ $# -ge 2 ] || { usage >&2; exit 2; }
      if [ "$1" = --seed ]; then seed=(--seed "$2"); else length=(--rounds "$2"); fi
      shift 2
      ;;
    -h | --help) usage; exit 0 ;;
    [0-9]*) length=(--minutes "$1"); shift ;;
    *) usage >&2; exit 2 ;;
  esac
done

program=$root/build/release/bin/leat_soak
[ -x "$program" ] || { echo "soak: $program is missing: run scripts/soak, which builds it" >&2; exit 1; }
work=$(mktemp -d)
mkdir "$work/tmp"
trap 'private_postgres_stop_all; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

echo "starting two private PostgreSQL"
for side in source target; do
  private_postgres_start $side fsync=off max_wal_size=2GB
  psql -X -q "$(private_postgres_uri $side postgres)" -c 'CREATE DATABASE soak'
done
source_uri=$(private_postgres_uri source soak)
target_uri=$(private_postgres_uri target soak)
psql -X -q -v ON_ERROR_STOP=1 -f "$here/source.sql" "$source_uri"
pg_dump -s "$source_uri" | psql -X -q -v ON_ERROR_STOP=1 "$target_uri" >/dev/null
psql -X -q -v ON_ERROR_STOP=1 -f "$here/target.sql" "$target_uri"
TMPDIR=$work/tmp "$program" --source "$source_uri" --target "$target_uri" "${length[@]}" "${seed[@]}"
