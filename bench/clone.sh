#!/usr/bin/env bash
# Measures leat clone beside pg_dump with pg_restore, and beside pgcopydb where that is installed, on a private server.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$here")
# shellcheck source=scripts/lib/postgres.sh
. "$root/scripts/lib/postgres.sh"

rows=5000000
pairs=3
jobs=2
usage() {
  cat <<EOF
usage: bench/clone.sh [--rows N] [--pairs N] [--jobs N]
Clones a database of 50 tables with N rows in all (5,000,000: about 1 GB), 40 indexes and 20 foreign keys, by turns: with
leat clone, with pg_dump -Fd and pg_restore, and with pgcopydb clone. Prints medians of wall seconds and their ratios.
EOF
}
while [ $# -gt 0 ]; do
  case $1 in
    --rows) [ $# -ge 2 ] || { usage >&2; exit 2; }; rows=$2; shift 2 ;;
    --pairs) [ $# -ge 2 ] || { usage >&2; exit 2; }; pairs=$2; shift 2 ;;
    --jobs) [ $# -ge 2 ] || { usage >&2; exit 2; }; jobs=$2; shift 2 ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
done
leat=$root/build/release/bin/leat
[ -x "$leat" ] || { echo "bench: $leat is missing: run scripts/build first" >&2; exit 1; }

work=$(mktemp -d)
trap 'private_postgres_stop_all; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
median() { sort -g | awk '{v[NR]=$1} END {print NR % 2 ? v[(NR+1)/2] : (v[NR/2] + v[NR/2+1]) / 2}'; }

private_postgres_start bench fsync=off max_wal_size=8GB checkpoint_timeout=30min shared_buffers=256MB autovacuum=off
server=$(private_postgres_uri bench postgres)
source=$(private_postgres_uri bench source)
target=$(private_postgres_uri bench target)

psql -qX "$server" -c "CREATE DATABASE source"
tables=50
each=$((rows / tables))
{
  for ((i = 1; i <= tables; ++i)); do
    cat <<SQL
CREATE TABLE t$i (id bigint PRIMARY KEY, parent bigint, day date, price numeric(12, 2), name text, note text);
INSERT INTO t$i SELECT g, 1 + g % $each, date '2020-01-01' + (g % 2000)::int, g % 10000 / 7.0, md5((g * $i)::text),
  repeat(md5(g::text), 3) || g FROM generate_series(1, $each) g;
SQL
    # Forty indexes besides the primary keys, and twenty foreign keys.
    [ "$i" -gt 40 ] || echo "CREATE INDEX t${i}_i ON t$i ($([ $((i % 2)) -eq 0 ] && echo name || echo day));"
  done
  for ((i = 1; i <= 20; ++i)); do
    echo "ALTER TABLE t$i ADD FOREIGN KEY (parent) REFERENCES t$((i + 20)) (id);"
  done
  echo "ANALYZE;"
} | psql -qX -v ON_ERROR_STOP=1 "$source" >/dev/null
echo "$(psql -AtqX "$source" -c "SELECT pg_size_pretty(sum(pg_table_size(oid))), pg_size_pretty(sum(pg_indexes_size(oid))) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace") of tables and indexes"

by_leat() { "$leat" clone --source "$source" --target "$target" --jobs "$jobs"; }
by_dump() {
  rm -rf "$work/dump"
  pg_dump -Fd -j"$jobs" -f "$work/dump" "$source"
  pg_restore -j"$jobs" -d "$target" "$work/dump"
  rm -rf "$work/dump"
}
by_pgcopydb() {
  rm -rf "$work/pgcopydb"
  pgcopydb clone --source "$source" --target "$target" --dir "$work/pgcopydb" --table-jobs "$jobs" --index-jobs "$jobs"
}
# run NAME: one clone into an empty database, its wall seconds into a file.
run() {
  psql -qX "$server" -c "DROP DATABASE IF EXISTS target" -c "CREATE DATABASE target" -c "CHECKPOINT" 2>/dev/null
  local TIMEFORMAT=%R
  { time "by_$1" >"$work/out" 2>"$work/err" || { tail -n 20 "$work/err" >&2; exit 1; }; } 2>>"$work/times.$1"
  local count
  count=$(psql -AtqX "$target" -c "SELECT count(*) FROM t$tables")
  [ "$count" = "$each" ] || { echo "bench: $1 has cloned $count rows of t$tables" >&2; exit 1; }
  printf '%-10s %8.2f s\n' "$1" "$(tail -n 1 "$work/times.$1")"
  grep '^steps: ' "$work/out" || true
}
names=(leat dump)
if command -v pgcopydb >/dev/null; then names+=(pgcopydb); else echo "pgcopydb is not installed"; fi
for ((pair = 1; pair <= pairs; ++pair)); do
  for name in "${names[@]}"; do run "$name"; done
done

leat_seconds=$(median <"$work/times.leat")
echo
printf '%-42s %8.2f s\n' "leat clone --jobs $jobs" "$leat_seconds"
for name in "${names[@]:1}"; do
  other=$(median <"$work/times.$name")
  words="pg_dump -Fd -j$jobs, pg_restore -j$jobs"
  limit=" (must be <= 0.9)"
  [ "$name" = dump ] || { words="pgcopydb clone"; limit=""; }
  printf '%-42s %8.2f s   leat takes %.2f of it%s\n' "$words" "$other" "$(awk -v a="$leat_seconds" -v b="$other" 'BEGIN {print a / b}')" "$limit"
done
