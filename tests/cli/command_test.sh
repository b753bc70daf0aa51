#!/usr/bin/env bash
# command_test.sh LEAT: runs the command against a private PostgreSQL and looks at everything a user sees.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../../scripts/lib/postgres.sh"

leat=$1
work=$(mktemp -d)
trap 'private_postgres_stop_all; rm -rf "$work"' EXIT
private_postgres_start one fsync=off || exit 1
src=$(private_postgres_uri one src)
dst=$(private_postgres_uri one dst)
sql() { psql -XAtq -v ON_ERROR_STOP=1 "$@"; }
sql "$(private_postgres_uri one postgres)" -c 'CREATE DATABASE src' -c 'CREATE DATABASE dst' || exit 1
sql "$src" -c 'CREATE TABLE t (id int, "V" text)' -c "INSERT INTO t SELECT i, 'v' FROM generate_series(1, 1000) i" \
  -c 'CREATE TABLE wide (id int, extra int)' || exit 1
sql "$dst" -c 'CREATE TABLE t (id int, "V" text)' -c "INSERT INTO t VALUES (-1, 'old')" -c 'CREATE TABLE wide (id int)' \
  -c 'CREATE TABLE strict (id int CHECK (id < 5))' || exit 1

failed=0
name=""
complain() { echo "FAILED: $name: $*"; sed 's/^/  out: /' "$work/out"; sed 's/^/  err: /' "$work/err"; failed=1; }
# run NAME EXIT ARGUMENTS...: the exit code has to be EXIT.
run() {
  name=$1
  local expected=$2 code=0
  shift 2
  "$leat" "$@" >"$work/out" 2>"$work/err" || code=$?
  [ $code -eq "$expected" ] || complain "exit code $code instead of $expected"
  ! grep -q s3cret "$work/out" "$work/err" || complain "a password is printed"
}
out_has() { grep -qF -- "$1" "$work/out" || complain "standard output lacks: $1"; }
err_has() { grep -qF -- "$1" "$work/err" || complain "standard error lacks: $1"; }
# one_json KEY...: standard output is one JSON object with these keys (the server reads it).
one_json() {
  local key
  [ "$(wc -l <"$work/out")" -eq 1 ] || complain "standard output is not one line"
  for key in "$@"; do
    [ "$(sql "$src" -v j="$(cat "$work/out")" <<<"SELECT :'j'::jsonb ? '$key'")" = t ] || complain "JSON lacks $key"
  done
}
target_is() { [ "$(sql "$dst" -c 'SELECT count(*), min(id) FROM t')" = "$1" ] || complain "the target is not $1"; }
both=(--source "$src" --target "$dst")

run "version" 0 --version; out_has "leat "
run "help" 0 help; out_has "copy-table"
run "help of a command" 0 help query; out_has "--param"
run "no command" 2; err_has "leat help"
run "unknown option" 2 copy-table "${both[@]}" --from t --sorce postgresql://u:s3cret@h/d
run "unknown option, as JSON" 2 copy-table "${both[@]}" --from t --nonsense --output json; one_json status kind message
run "unknown connection id" 2 copy-table --source nothing --target "$dst" --from t; err_has '"nothing"'
run "mistyped URI" 2 copy-table --source postgres:/u:s3cret@h/d --target "$dst" --from t
run "bad size" 2 copy-table "${both[@]}" --from t --memory much; err_has '"much"'
run "unknown column" 2 copy-table "${both[@]}" --from t --columns nothing; err_has 'no column'; target_is "1|-1"
run "columns and exclude" 2 copy-table "${both[@]}" --from t --columns id --exclude id
run "missing source table" 3 copy-table "${both[@]}" --from nothing --to t; err_has "source: 42P01"
run "missing target table" 4 copy-table "${both[@]}" --from t --to nothing; err_has "target: 42P01"
run "missing target column" 4 copy-table "${both[@]}" --from wide; err_has "42703"
run "no source server" 3 copy-table --source "host=/nonexistent password=s3cret" --target "$dst" --from t; err_has 08001
run "no target server, as JSON" 4 copy-table --source "$src" --target "host=/nonexistent password=s3cret" --from t --output json
one_json status kind side sqlstate message rows_read rows_written rows_rejected bytes seconds
out_has '"status":"failed"'; out_has '"side":"target"'; out_has '"sqlstate":"08001"'
run "onto itself" 2 copy-table --source "$src" --target "$src" --from t
run "missing parameter" 2 query "${both[@]}" --to t --sql 'SELECT :id::int AS id'; err_has ":id"
run "unused parameter" 2 query "${both[@]}" --to t --sql 'SELECT 1 AS id' --param other=1; err_has "other"
run "neither sql nor file" 2 query "${both[@]}" --to t
run "missing file" 2 query "${both[@]}" --to t --file "$work/nothing.sql"
run "constraint" 4 query "${both[@]}" --to strict --sql 'SELECT i AS id FROM generate_series(1, 9) i'; err_has 23514; err_has context
run "error in mid-stream" 3 query "${both[@]}" --to t --sql 'SELECT 1 / (500 - id) AS id FROM t'; err_has 22012
run "plan" 0 copy-table "${both[@]}" --from t --dry-run; out_has 'TRUNCATE'; out_has 'format: binary'
run "plan, as JSON" 0 copy-table "${both[@]}" --from t --dry-run --output json; one_json columns format source_sql target_sql
name="after failures and plans"; target_is "1|-1"

run "copy, as JSON" 0 copy-table "${both[@]}" --from t --output json --progress always
one_json status rows_read rows_written rows_rejected bytes seconds
out_has '"status":"done"'; out_has '"rows_written":1000'; err_has "rows/s"; target_is "1000|1"
run "copy, quiet" 0 copy-table "${both[@]}" --from public.t --columns '"V",id' --where 'id > 990' --mode append --progress never
[ ! -s "$work/err" ] || complain "standard error is not empty"
target_is "1010|1"
echo 'SELECT id, "V" FROM t WHERE id <= :most::int -- the least; :no parameter' >"$work/query.sql"
run "query from a file" 0 query "${both[@]}" --to t --file "$work/query.sql" --param most=3; target_is "3|1"
echo "{\"a\": {\"uri\": \"$src\", \"password\": \"s3cret\"}, \"b\": \"$dst\"}" >"$work/connections.json"
run "ids, with a warning about a readable file" 0 copy-table --source a --target b --from t --connections "$work/connections.json"
err_has "chmod 600"; out_has "a: public.t -> b: public.t"

for signal in INT TERM; do
  name="interrupted by $signal"
  "$leat" query "${both[@]}" --to t --sql 'SELECT 1 AS id FROM pg_sleep(60)' --output json >"$work/out" 2>"$work/err" &
  pid=$!
  for _ in $(seq 200); do
    [ "$(sql "$src" -c "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'")" = 0 ] || break
  done
  began=$SECONDS
  kill -s $signal $pid
  wait $pid
  code=$?
  [ $code -eq 130 ] || complain "exit code $code instead of 130"
  [ $((SECONDS - began)) -le 2 ] || complain "it took $((SECONDS - began)) s"
  out_has '"status":"cancelled"'
  left=1
  for _ in $(seq 50); do
    left=$(sql "$src" -c "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'leat'")
    [ "$left" != 0 ] || break
  done
  [ "$left" = 0 ] || complain "$left sessions are left"
  target_is "1000|1"
done

[ $failed -eq 0 ] && echo "the command does what its help says"
exit $failed
