#!/usr/bin/env bash
# Measures what leat promises of its speed, each figure as a ratio against a peer in the same run, on a private server.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$here")
# shellcheck source=scripts/lib/postgres.sh
. "$root/scripts/lib/postgres.sh"

rows=3000000
pairs=5
json=""
only=""
usage() {
  cat <<EOF
usage: scripts/bench [--rows N] [--pairs N] [--json FILE] [--only copy|readers|indexes|verify|types|tables|link|durable|join|modes|rejects|parallel|ledger|slices|scale|hook|sinks|documents|transforms|memory|wide|micro|pipeline]
Prints a table of figures with what each must reach; with --json also writes them to FILE.
EOF
}
while [ $# -gt 0 ]; do
  case $1 in
    --rows) rows=$2; shift 2 ;;
    --pairs) pairs=$2; shift 2 ;;
    --json) json=$2; shift 2 ;;
    --only) only=$2; shift 2 ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
done

bin=$root/build/release/bin
leat=$bin/leat
[ -x "$leat" ] || { echo "bench: $leat is missing: run scripts/bench, which builds it" >&2; exit 1; }
work=$(mktemp -d)
results=$work/results
: >"$results"
link_pid=""
# Ends the slow link; its counts of turns are in $work/turns.
link_stop() {
  [ -n "$link_pid" ] || return 0
  kill "$link_pid" 2>/dev/null || true
  wait "$link_pid" 2>/dev/null || true
  link_pid=""
}
trap 'link_stop; private_postgres_stop_all; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

want() { [ -z "$only" ] || [ "$only" = "$1" ]; }
median() { sort -g | awk '{v[NR]=$1} END {print NR % 2 ? v[(NR+1)/2] : (v[NR/2] + v[NR/2+1]) / 2}'; }
# result NAME VALUE LIMIT UNIT: one line of the table.
result() { printf '%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "$4" >>"$results"; }

# timed COMMAND...: wall and CPU seconds of it and all its children, in $wall and $cpu.
timed() {
  local TIMEFORMAT='%R %U %S' out
  out=$({ time "$@" >"$work/out" 2>"$work/err" || echo failed >"$work/failed"; } 2>&1)
  if [ -e "$work/failed" ]; then cat "$work/err" >&2; exit 1; fi
  wall=$(awk '{print $1}' <<<"$out")
  cpu=$(awk '{print $2 + $3}' <<<"$out")
}

if want copy || want readers || want indexes || want verify || want types || want tables || want modes || want rejects || want parallel || want ledger || want join || want slices || want scale || want hook || want sinks || want documents || want transforms || want memory || want wide; then
  echo "starting a private PostgreSQL and loading $rows rows"
  private_postgres_start bench fsync=off shared_buffers=1GB max_wal_size=8GB autovacuum=off checkpoint_timeout=1h
  source_uri=$(private_postgres_uri bench source_db)
  target_uri=$(private_postgres_uri bench target_db)
  psql -X -q "$(private_postgres_uri bench postgres)" -c 'CREATE DATABASE source_db' -c 'CREATE DATABASE target_db'
  psql -X -q -v ON_ERROR_STOP=1 -v rows="$rows" -f "$here/rows.sql" "$source_uri"
  pg_dump -s -t public.bench_rows "$source_uri" | psql -X -q -v ON_ERROR_STOP=1 "$target_uri" >/dev/null
fi
empty_target() { psql -X -q "$target_uri" -c 'TRUNCATE public.bench_rows' -c CHECKPOINT; }
psql_pipe() {
  psql -X -q "$source_uri" -c 'COPY public.bench_rows TO STDOUT (FORMAT binary)' |
    psql -X -q "$target_uri" -c 'BEGIN' -c 'TRUNCATE public.bench_rows' \
      -c 'COPY public.bench_rows FROM STDIN (FORMAT binary)' -c 'COMMIT'
}
leat_copy() { "$leat" copy-table --source "$source_uri" --target "$target_uri" --from public.bench_rows "$@"; }

if want copy; then
  echo "copy: leat against a psql pipe, $pairs pairs after a warm-up"
  psql_pipe; leat_copy >/dev/null
  for ((i = 0; i < pairs; i++)); do
    empty_target; timed psql_pipe; peer_wall=$wall; peer_cpu=$cpu
    empty_target; timed leat_copy
    echo "  psql $peer_wall s, CPU $peer_cpu s; leat $wall s, CPU $cpu s"
    awk -v a="$wall" -v b="$peer_wall" 'BEGIN {print a / b}' >>"$work/wall"
    awk -v a="$cpu" -v b="$peer_cpu" 'BEGIN {print a / b}' >>"$work/cpu"
    echo "$wall" >>"$work/seconds"
  done
  result "copy: wall, of the psql binary pipe" "$(median <"$work/wall")" 1.00 ratio
  result "copy: client CPU, of the psql binary pipe" "$(median <"$work/cpu")" 0.55 ratio
  result "copy: rows a second" "$(median <"$work/seconds" | awk -v n="$rows" '{print int(n / $1)}')" - rows/s
fi

if want readers; then
  echo "readers: two sessions that read against one, $pairs pairs after a warm-up"
  leat_copy >/dev/null
  for ((i = 0; i < pairs; i++)); do
    empty_target; timed leat_copy; peer_wall=$wall
    empty_target; timed leat_copy --readers 2
    echo "  one $peer_wall s; two $wall s"
    awk -v a="$wall" -v b="$peer_wall" 'BEGIN {print a / b}' >>"$work/readers"
  done
  result "copy by 2 readers: wall, of 1 reader" "$(median <"$work/readers")" - ratio
fi

if want indexes; then
  echo "indexes: three on random keys, rebuilt against kept, into an empty table, $pairs pairs"
  psql -X -q -v ON_ERROR_STOP=1 "$target_uri" -c 'CREATE TABLE public.bench_indexed (LIKE public.bench_rows)' \
    -c 'CREATE INDEX ON public.bench_indexed (token)' -c 'CREATE INDEX ON public.bench_indexed (customer, token)' \
    -c 'CREATE INDEX ON public.bench_indexed (qty, ratio)'
  leat_indexed() { leat_copy --to public.bench_indexed --indexes "$@"; }
  for ((i = 0; i < pairs; i++)); do
    for what in keep rebuild; do
      for mode in replace append; do
        psql -X -q "$target_uri" -c 'TRUNCATE public.bench_indexed' -c CHECKPOINT
        timed leat_indexed "$what" --mode "$mode"
        declare "${mode}_wall=$wall"
      done
      echo "  $what: replace $replace_wall s; append $append_wall s"
      if [ $what = keep ]; then
        kept_replace=$replace_wall kept_append=$append_wall
      else
        awk -v a="$replace_wall" -v b="$kept_replace" 'BEGIN {print a / b}' >>"$work/indexes_replace"
        awk -v a="$append_wall" -v b="$kept_append" 'BEGIN {print a / b}' >>"$work/indexes_append"
      fi
    done
  done
  result "3 indexes rebuilt, replace: wall, of keeping them" "$(median <"$work/indexes_replace")" - ratio
  result "3 indexes rebuilt, append to an empty table: wall, of keeping them" "$(median <"$work/indexes_append")" - ratio
fi

if want verify; then
  echo "verify: leat verify of 5,000,000 rows against one aggregate scan of each side by psql, both at the same time, $pairs pairs after a warm-up"
  psql -X -q "$(private_postgres_uri bench postgres)" -c 'CREATE DATABASE verify_source'
  verify_source=$(private_postgres_uri bench verify_source)
  psql -X -q -v ON_ERROR_STOP=1 -v rows=5000000 -f "$here/rows.sql" "$verify_source"
  psql -X -q "$verify_source" -c 'ALTER TABLE public.bench_rows ADD PRIMARY KEY (id)' -c CHECKPOINT
  psql -X -q "$(private_postgres_uri bench postgres)" -c 'CREATE DATABASE verify_target TEMPLATE verify_source'
  verify_target=$(private_postgres_uri bench verify_target)
  # psql_scans SQL: an aggregate of both sides.
  psql_scans() {
    local sql="SELECT count(*), sum(hash_record_extended(t, 0)$1) FROM public.bench_rows t" one
    psql -X -q "$verify_source" -c "$sql" &
    one=$!
    psql -X -q "$verify_target" -c "$sql"
    wait "$one"
  }
  leat_verify() { "$leat" verify --source "$verify_source" --target "$verify_target" --from public.bench_rows; }
  psql_scans ""; leat_verify >/dev/null
  for ((i = 0; i < pairs; i++)); do
    timed psql_scans ""; peer_wall=$wall
    timed leat_verify; leat_wall=$wall
    timed psql_scans "::numeric"
    echo "  psql $peer_wall s, with ::numeric $wall s; leat $leat_wall s"
    awk -v a="$leat_wall" -v b="$peer_wall" 'BEGIN {print a / b}' >>"$work/verify"
    awk -v a="$leat_wall" -v b="$wall" 'BEGIN {print a / b}' >>"$work/verify_numeric"
  done
  result "verify 5 M rows: wall, of one aggregate scan of each side" "$(median <"$work/verify")" 1.20 ratio
  result "verify 5 M rows: wall, of such scans that sum as numeric" "$(median <"$work/verify_numeric")" - ratio
  psql -X -q "$(private_postgres_uri bench postgres)" -c 'DROP DATABASE verify_source' -c 'DROP DATABASE verify_target'
fi

# psql_text_pipe TABLE: what a script would do with types that differ between databases.
psql_text_pipe() {
  psql -X -q "$source_uri" -c "COPY $1 TO STDOUT" |
    psql -X -q "$target_uri" -c BEGIN -c "TRUNCATE $1" -c "COPY $1 FROM STDIN" -c COMMIT
}

if want types; then
  echo "types: leat against a psql text pipe, $pairs pairs after a warm-up"
  psql -X -q -v ON_ERROR_STOP=1 -v rows="$rows" -f "$here/types.sql" "$source_uri"
  psql -X -q -v ON_ERROR_STOP=1 -v rows=0 -f "$here/types.sql" "$target_uri"
  for table in bench_text bench_user_types; do
    psql_text_pipe "public.$table"
    for ((i = 0; i < pairs; i++)); do
      psql -X -q "$target_uri" -c "TRUNCATE public.$table" -c CHECKPOINT
      timed psql_text_pipe "public.$table"; peer_wall=$wall
      psql -X -q "$target_uri" -c "TRUNCATE public.$table" -c CHECKPOINT
      timed "$leat" copy-table --source "$source_uri" --target "$target_uri" --from "public.$table"
      echo "  $table: psql $peer_wall s; leat $wall s"
      awk -v a="$wall" -v b="$peer_wall" 'BEGIN {print a / b}' >>"$work/$table"
    done
  done
  result "text rows: wall, of the psql text pipe" "$(median <"$work/bench_text")" 1.00 ratio
  result "enum array and composite: wall, of the psql text pipe" "$(median <"$work/bench_user_types")" 0.80 ratio
fi

if want tables; then
  echo "tables: 200 of 1,000 rows each, leat against pg_dump -a and psql, $pairs pairs after a warm-up"
  psql -X -q "$(private_postgres_uri bench postgres)" -c 'CREATE DATABASE small_source' -c 'CREATE DATABASE small_target'
  small_source=$(private_postgres_uri bench small_source)
  small_target=$(private_postgres_uri bench small_target)
  psql -X -q -v ON_ERROR_STOP=1 -v rows=1000 -f "$here/small_tables.sql" "$small_source"
  psql -X -q -v ON_ERROR_STOP=1 -v rows=0 -f "$here/small_tables.sql" "$small_target"
  dump_pipe() { pg_dump -a "$small_source" | psql -X -q -v ON_ERROR_STOP=1 "$small_target" >/dev/null; }
  leat_tables() {
    "$leat" copy-tables --source "$small_source" --target "$small_target" --include '*' --mode "$1"
  }
  empty_small() {
    for ((t = 1; t <= 200; t++)); do echo "TRUNCATE public.small_$t;"; done | psql -X -q "$small_target"
    psql -X -q "$small_target" -c CHECKPOINT
  }
  dump_pipe; empty_small
  for ((i = 0; i < pairs; i++)); do
    timed dump_pipe; peer_wall=$wall; empty_small
    timed leat_tables append; append_wall=$wall; empty_small
    timed leat_tables replace; empty_small
    echo "  pg_dump $peer_wall s; leat append $append_wall s, replace $wall s"
    awk -v a="$append_wall" -v b="$peer_wall" 'BEGIN {print a / b}' >>"$work/tables_append"
    awk -v a="$wall" -v b="$peer_wall" 'BEGIN {print a / b}' >>"$work/tables_replace"
  done
  result "200 small tables, append: wall, of pg_dump -a | psql" "$(median <"$work/tables_append")" 1.00 ratio
  result "200 small tables, replace: wall, of pg_dump -a | psql" "$(median <"$work/tables_replace")" 1.00 ratio
fi

if want durable; then
  echo "durable: a server that syncs; leat against the server's own COPY FROM a binary file into the emptied table, $pairs pairs after a warm-up"
  private_postgres_start durable fsync=on shared_buffers=1GB max_wal_size=8GB autovacuum=off checkpoint_timeout=1h
  durable_source=$(private_postgres_uri durable source_db)
  durable_target=$(private_postgres_uri durable target_db)
  psql -X -q "$(private_postgres_uri durable postgres)" -c 'CREATE DATABASE source_db' -c 'CREATE DATABASE target_db'
  psql -X -q -v ON_ERROR_STOP=1 -v rows="$rows" -f "$here/rows.sql" "$durable_source"
  pg_dump -s -t public.bench_rows "$durable_source" | psql -X -q -v ON_ERROR_STOP=1 "$durable_target" >/dev/null
  rows_file=${private_postgres_dirs[durable]}/rows.bin
  psql -X -q "$durable_source" -c "COPY public.bench_rows TO '$rows_file' (FORMAT binary)"
  empty_durable() { psql -X -q "$durable_target" -c 'TRUNCATE public.bench_rows' -c CHECKPOINT; }
  own_copy() { psql -X -q "$durable_target" -c "COPY public.bench_rows FROM '$rows_file' (FORMAT binary)"; }
  leat_durable() {
    "$leat" copy-table --source "$durable_source" --target "$durable_target" --from public.bench_rows "$@"
  }
  for ((i = 0; i <= pairs; i++)); do
    empty_durable; timed own_copy; peer_wall=$wall
    empty_durable; timed leat_durable; one_wall=$wall
    empty_durable; timed leat_durable --mode append --readers 2 --writers 2
    [ "$i" -gt 0 ] || continue
    echo "  COPY FROM $peer_wall s; leat $one_wall s, append by 2 and 2 $wall s"
    awk -v a="$one_wall" -v b="$peer_wall" 'BEGIN {print a / b}' >>"$work/durable"
    awk -v a="$wall" -v b="$peer_wall" 'BEGIN {print a / b}' >>"$work/durable_parallel"
  done
  result "durable server: wall, of its COPY FROM a file" "$(median <"$work/durable")" 1.06 ratio
  result "durable server, append by 2 readers and 2 writers: wall, of the same" "$(median <"$work/durable_parallel")" 0.93 ratio
  private_postgres_stop durable
fi

if want link; then
  rtt=20  # milliseconds
  echo "link: 100 tables of 200 rows over a link of $rtt ms there and back, leat against pg_dump -a and psql, $pairs pairs"
  link_port_source=$(_private_postgres_port)
  link_port_target=$(_private_postgres_port)
  for side in source target; do
    private_postgres_start "link_$side" fsync=off autovacuum=off
    psql -X -q "$(private_postgres_uri "link_$side" postgres)" -c 'CREATE DATABASE link'
    declare "near_$side=$(private_postgres_uri "link_$side" link)"
    port=link_port_$side
    declare "far_$side=postgresql://leat@127.0.0.1:${!port}/link"
    declare "link_socket_$side=${private_postgres_dirs[link_$side]}/run/.s.PGSQL.${private_postgres_ports[link_$side]}"
  done
  psql -X -q -v ON_ERROR_STOP=1 -v tables=100 -v rows=200 -f "$here/small_tables.sql" "$near_source"
  psql -X -q -v ON_ERROR_STOP=1 -v tables=100 -v rows=0 -f "$here/small_tables.sql" "$near_target"
  link_start() {
    "$bin/leat_bench_link" "$rtt" "source=$link_port_source:$link_socket_source" \
      "target=$link_port_target:$link_socket_target" >"$work/turns" &
    link_pid=$!
    until psql -X -q "$far_source" -c '' 2>/dev/null && psql -X -q "$far_target" -c '' 2>/dev/null; do
      kill -0 "$link_pid" || exit 1
    done
  }
  empty_link() {
    for ((t = 1; t <= 100; t++)); do echo "TRUNCATE public.small_$t;"; done | psql -X -q "$near_target"
    psql -X -q "$near_target" -c CHECKPOINT
  }
  link_dump() { pg_dump -a "$far_source" | psql -X -q -v ON_ERROR_STOP=1 "$far_target" >/dev/null; }
  link_tables() { "$leat" copy-tables --source "$far_source" --target "$far_target" --include '*' "$@"; }
  # link_one SOURCE TARGET
  link_one() { "$leat" copy-table --source "$1" --target "$2" --from public.small_1; }
  link_start
  for ((i = 0; i < pairs; i++)); do
    empty_link; timed link_dump; peer_wall=$wall
    empty_link; timed link_tables; all_wall=$wall
    empty_link; timed link_tables --jobs 1; one_wall=$wall
    empty_link; timed link_tables --mode append; append_wall=$wall
    empty_link; timed link_one "$near_source" "$near_target"; near_wall=$wall
    empty_link; timed link_one "$far_source" "$far_target"
    # What the link alone costs: what one waited for, one after the other.
    trips=$(awk -v far="$wall" -v near="$near_wall" -v rtt="$rtt" 'BEGIN {printf "%.1f", (far - near) * 1000 / rtt}')
    echo "  pg_dump $peer_wall s; leat $all_wall s, with --jobs 1 $one_wall s, append $append_wall s; one table $wall s, $trips round trips"
    awk -v a="$all_wall" -v b="$peer_wall" 'BEGIN {print a / b}' >>"$work/link_all"
    awk -v a="$one_wall" -v b="$peer_wall" 'BEGIN {print a / b}' >>"$work/link_one"
    awk -v a="$append_wall" -v b="$peer_wall" 'BEGIN {print a / b}' >>"$work/link_append"
    echo "$trips" >>"$work/link_trips"
  done
  link_stop
  empty_link; link_start; link_one "$far_source" "$far_target" >/dev/null; link_stop
  # To see that it listens, psql has taken three turns: encryption, the start, the end. leat's end is no wait either.
  echo "  turns of one small table: $(awk -F'\t' '{printf "%s%s %d", (NR > 1 ? ", " : ""), $1, $2 - 4}' "$work/turns")"
  result "link of $rtt ms, 100 small tables: wall, of pg_dump -a | psql" "$(median <"$work/link_all")" 0.60 ratio
  result "link of $rtt ms, 100 small tables, append: wall, of pg_dump -a | psql" "$(median <"$work/link_append")" 0.60 ratio
  result "link of $rtt ms, 100 small tables, --jobs 1: wall, of pg_dump -a | psql" "$(median <"$work/link_one")" 1.00 ratio
  result "link of $rtt ms, one small table: round trips" "$(median <"$work/link_trips")" 20 trips
  private_postgres_stop link_source
  private_postgres_stop link_target
fi

# What one would write by hand, who knows that the source's keys are unique. $1: the statement that publishes.
by_hand() {
  psql -X -q "$source_uri" -c 'COPY public.bench_merge TO STDOUT (FORMAT binary)' |
    psql -X -q -v ON_ERROR_STOP=1 "$target_uri" -c BEGIN \
      -c 'CREATE TEMP TABLE s (LIKE public.bench_merge) ON COMMIT DROP' -c 'COPY s FROM STDIN (FORMAT binary)' \
      -c 'LOCK TABLE public.bench_merge IN SHARE ROW EXCLUSIVE MODE' -c "$1" -c COMMIT
}
merge_columns='customer qty price ratio active ordered changed token name note'
each_of() { local c list=""; for c in $merge_columns; do list+="${list:+, }${1//@/$c}"; done; echo "$list"; }
by_on_conflict() {
  by_hand "INSERT INTO public.bench_merge AS t SELECT * FROM s ON CONFLICT (id) DO UPDATE SET $(each_of '@ = excluded.@')
    WHERE ($(each_of 't.@')) IS DISTINCT FROM ($(each_of 'excluded.@'))"
}
by_merge() {
  by_hand "MERGE INTO public.bench_merge t USING s ON t.id = s.id
    WHEN MATCHED AND ($(each_of 't.@')) IS DISTINCT FROM ($(each_of 's.@')) THEN UPDATE SET $(each_of '@ = s.@')
    WHEN NOT MATCHED THEN INSERT VALUES (s.id, $(each_of 's.@'))"
}
by_nothing() { by_hand 'INSERT INTO public.bench_merge SELECT * FROM s ON CONFLICT (id) DO NOTHING'; }
by_not_exists() {
  by_hand 'INSERT INTO public.bench_merge SELECT * FROM s
    WHERE NOT EXISTS (SELECT FROM public.bench_merge t WHERE t.id = s.id)'
}
leat_mode() { "$leat" copy-table --source "$source_uri" --target "$target_uri" --from "$2" --mode "$1"; }
fresh_merge() {
  psql -X -q "$target_uri" -c 'TRUNCATE public.bench_merge' \
    -c 'INSERT INTO public.bench_merge SELECT * FROM public.bench_merge_kept' -c 'VACUUM ANALYZE public.bench_merge' \
    -c CHECKPOINT
}
# against_hand MODE PEER...: the median ratio of leat to the best of the peers, run by run.
against_hand() {
  local mode=$1 best peer i
  shift
  rm -f "$work/mode"
  for ((i = 0; i <= pairs; i++)); do
    best=""
    for peer in "$@"; do
      fresh_merge; timed "$peer"
      if [ -z "$best" ] || awk -v a="$wall" -v b="$best" 'BEGIN {exit !(a < b)}'; then best=$wall; fi
    done
    fresh_merge; timed leat_mode "$mode" public.bench_merge
    [ "$i" -gt 0 ] || continue  # to warm up
    echo "  $mode: best by hand $best s; leat $wall s"
    awk -v a="$wall" -v b="$best" 'BEGIN {print a / b}' >>"$work/mode"
  done
  median <"$work/mode"
}

if want modes; then
  echo "modes: 1 M rows into 2 M, half matching, a tenth of these changed, against SQL by hand; $pairs pairs"
  for side in source target; do
    uri=${side}_uri
    psql -X -q -v ON_ERROR_STOP=1 -v side="$side" -f "$here/modes.sql" "${!uri}"
  done
  against_hand upsert by_on_conflict by_merge | tee "$work/upsert"
  result "upsert: wall, of the best SQL by hand" "$(tail -n 1 "$work/upsert")" 1.10 ratio
  against_hand insert-missing by_nothing by_not_exists | tee "$work/insert_missing"
  result "insert-missing: wall, of the best SQL by hand" "$(tail -n 1 "$work/insert_missing")" 1.10 ratio
  echo "modes: swap against replace, $rows rows, $pairs pairs after a warm-up"
  leat_copy >/dev/null
  for ((i = 0; i < pairs; i++)); do
    timed leat_copy; peer_wall=$wall
    timed leat_mode swap public.bench_rows
    echo "  replace $peer_wall s; swap $wall s"
    awk -v a="$wall" -v b="$peer_wall" 'BEGIN {print a / b}' >>"$work/swap"
  done
  result "swap: wall, of replace" "$(median <"$work/swap")" 2.20 ratio
fi

if want rejects; then
  echo "rejects: $rows rows, every 100,000th of them refused by a check; against a clean load without rejects, $pairs pairs after a warm-up"
  psql -X -q "$target_uri" -c 'CREATE TABLE public.bench_checked (LIKE public.bench_rows, CHECK (qty < 1000))'
  psql -X -q "$source_uri" -c 'CREATE TABLE public.bench_poison (LIKE public.bench_rows)' \
    -c 'INSERT INTO public.bench_poison SELECT id, customer, CASE WHEN id % 100000 = 0 THEN 5000 ELSE qty END, price, ratio, active,
      ordered, changed, token, name, note FROM public.bench_rows' -c 'VACUUM ANALYZE public.bench_poison' -c CHECKPOINT
  # leat_checked TABLE OPTION...: rows of that table; 6 is what a load with rejects exits with.
  leat_checked() {
    "$leat" copy-table --source "$source_uri" --target "$target_uri" --from "public.$1" --to public.bench_checked "${@:2}" || [ $? = 6 ]
  }
  fresh_checked() { psql -X -q "$target_uri" -c 'TRUNCATE public.bench_checked' -c CHECKPOINT; }
  leat_checked bench_rows >/dev/null
  for ((i = 0; i < pairs; i++)); do
    fresh_checked; timed leat_checked bench_rows; peer_wall=$wall
    fresh_checked; timed leat_checked bench_rows --max-rejects 100 --rejects "$work/none.csv"; clean_wall=$wall
    fresh_checked; timed leat_checked bench_poison --max-rejects 100 --rejects "$work/poison$i.csv"
    echo "  off $peer_wall s; on, clean $clean_wall s; on, with poison $wall s"
    awk -v a="$clean_wall" -v b="$peer_wall" 'BEGIN {print a / b}' >>"$work/rejects_clean"
    awk -v a="$wall" -v b="$peer_wall" 'BEGIN {print a / b}' >>"$work/rejects"
  done
  result "rejects, clean rows: wall, of a load without rejects" "$(median <"$work/rejects_clean")" 1.10 ratio
  result "rejects, a bad row in 100,000: wall, of a clean load without" "$(median <"$work/rejects")" 1.30 ratio
fi

# Two psql pipes, each of half of the table's pages, as one would write it who wants to use two cores. One transaction each.
psql_halves() {
  local middle one
  middle=$(psql -X -q -A -t "$source_uri" -c "SELECT pg_relation_size('public.bench_rows') / current_setting('block_size')::int / 2")
  psql_half "ctid < '($middle,0)'" &
  one=$!
  psql_half "ctid >= '($middle,0)'"
  wait "$one"
}
psql_half() {
  psql -X -q "$source_uri" -c "COPY (SELECT * FROM public.bench_rows WHERE $1) TO STDOUT (FORMAT binary)" |
    psql -X -q "$target_uri" -c 'COPY public.bench_rows FROM STDIN (FORMAT binary)'
}
psql_append() {
  psql -X -q "$source_uri" -c 'COPY public.bench_rows TO STDOUT (FORMAT binary)' |
    psql -X -q "$target_uri" -c 'COPY public.bench_rows FROM STDIN (FORMAT binary)'
}
# Copies the table with its indexes (it has none) by two processes; schema and sequences are left out.
pgcopydb_table() {
  pgcopydb copy table-data --source "$source_uri" --target "$target_uri" --table-jobs 2 --split-tables-larger-than 64MB \
    --filters "$work/pgcopydb.ini" --dir "$work/pgcopydb" --restart
}

if want parallel; then
  echo "parallel: append by 2 readers and 2 writers into an empty table, against the best of the peers, $pairs pairs after a warm-up"
  peers="psql_append psql_halves"
  if command -v pgcopydb >/dev/null; then
    printf '[include-only-table]\npublic.bench_rows\n' >"$work/pgcopydb.ini"
    peers+=" pgcopydb_table"
  else
    echo "  pgcopydb is not installed, so it is not among them (scripts/setup --bench)" >&2
  fi
  leat_append() { leat_copy --mode append --readers 2 --writers 2; }
  order="$peers leat_append"
  for ((i = 0; i <= pairs; i++)); do
    best="" told="" own=""
    for one in $order; do
      empty_target; timed "$one"; told+="$one $wall s; "
      if [ "$one" = leat_append ]; then own=$wall; continue; fi
      if [ -z "$best" ] || awk -v a="$wall" -v b="$best" 'BEGIN {exit !(a < b)}'; then best=$wall; fi
    done
    order="${order#* } ${order%% *}"  # what one leaves to be written back is not always the same one's burden
    [ "$i" -gt 0 ] || continue  # to warm up
    echo "  ${told%; }"
    awk -v a="$own" -v b="$best" 'BEGIN {print a / b}' >>"$work/parallel"
  done
  result "append by 2 readers and 2 writers: wall, of the best peer" "$(median <"$work/parallel")" 1.00 ratio
fi

forget_job() { "$leat" jobs forget bench --target "$target_uri" >/dev/null; }
leat_job() { leat_copy --mode append --job bench --on-lost-snapshot continue "$@"; }

if want ledger; then
  echo "ledger: append with a job's name against append without, 2 readers and 2 writers each, $pairs pairs after a warm-up"
  for ((i = 0; i <= pairs; i++)); do
    empty_target; timed leat_copy --mode append --readers 2 --writers 2; peer_wall=$wall
    empty_target; timed leat_job --readers 2 --writers 2; forget_job
    [ "$i" -gt 0 ] || continue
    echo "  without $peer_wall s; with $wall s"
    awk -v a="$wall" -v b="$peer_wall" 'BEGIN {print a / b}' >>"$work/ledger"
  done
  result "append with a job's name: wall, of append without" "$(median <"$work/ledger")" 1.05 ratio
fi

if want join; then
  echo "join: a job by two processes, each with a reader and a writer, against one process with two of each, $pairs pairs after a warm-up"
  # The second process joins as soon as the job is known; it waits for the plan by itself.
  leat_join() {
    local first
    leat_job --readers 1 --writers 1 &
    first=$!
    until [ "$(psql -X -q -A -t "$target_uri" -c "SELECT count(*) FROM leat_meta.jobs" 2>/dev/null)" = 1 ]; do
      kill -0 "$first" || break
    done
    "$leat" join bench --source "$source_uri" --target "$target_uri" --readers 1 --writers 1
    wait "$first"
  }
  for ((i = 0; i <= pairs; i++)); do
    empty_target; timed leat_job --readers 2 --writers 2; peer_wall=$wall; forget_job
    empty_target; timed leat_join; forget_job
    [ "$i" -gt 0 ] || continue
    echo "  one $peer_wall s; two $wall s"
    awk -v a="$wall" -v b="$peer_wall" 'BEGIN {print a / b}' >>"$work/join"
  done
  result "a job by two processes: wall, of one with as many workers" "$(median <"$work/join")" 1.05 ratio
fi

if want slices; then
  echo "slices: 1 % of the rows hold 99 % of the bytes, side by side; 4 readers and 4 writers"
  psql -X -q -v ON_ERROR_STOP=1 -f "$here/skewed.sql" "$source_uri"
  psql -X -q "$target_uri" -c 'CREATE TABLE public.bench_skewed (id int, body bytea)' \
    -c 'ALTER TABLE public.bench_skewed ALTER body SET STORAGE EXTERNAL'
  # leat_slices TABLE
  leat_slices() {
    "$leat" copy-table --source "$source_uri" --target "$target_uri" --from "public.$1" --to public.bench_skewed \
      --mode append --readers 4 --writers 4 --memory 64MiB
  }
  empty_skewed() { psql -X -q "$target_uri" -c 'TRUNCATE public.bench_skewed' -c CHECKPOINT; }
  for ((i = 0; i <= pairs; i++)); do
    empty_skewed; timed leat_slices bench_spread; peer_wall=$wall
    empty_skewed; timed leat_slices bench_skewed
    [ "$i" -gt 0 ] || continue  # to warm up
    # Each writer without a ledger is one transaction, so its rows have one xmin. A writer that had none counts in the mean.
    share=$(psql -X -q -A -t "$target_uri" -c "WITH writers AS (SELECT sum(8 + length(body)) AS bytes
      FROM public.bench_skewed GROUP BY xmin) SELECT round(max(bytes) / (sum(bytes) / 4), 4) FROM writers")
    echo "  most bytes of a writer, of the mean $share; spread evenly $peer_wall s; side by side $wall s"
    echo "$share" >>"$work/slices"
    awk -v a="$wall" -v b="$peer_wall" 'BEGIN {print a / b}' >>"$work/slices_wall"
  done
  result "1 % of rows with 99 % of bytes: most bytes of a writer, of the mean" "$(median <"$work/slices")" 1.20 ratio
  result "the same rows side by side: wall, of spread evenly" "$(median <"$work/slices_wall")" - ratio
fi

if want scale; then
  echo "scale: 1, 2 and 4 readers and writers, and a model of more, $pairs runs each"
  psql -X -q -A -t "$source_uri" -c "SELECT 'bytes ' || pg_table_size('public.bench_rows')" >"$work/scale"
  # What a slice costs that has no rows: 202 empty partitions against two.
  for side in source target; do
    uri=${side}_uri
    {
      for leaves in 2 202; do
        echo "CREATE TABLE public.bench_leaves_$leaves (id int) PARTITION BY RANGE (id);"
        for ((l = 1; l <= leaves; l++)); do
          echo "CREATE TABLE public.bench_leaf_${leaves}_$l PARTITION OF public.bench_leaves_$leaves FOR VALUES FROM ($l) TO ($l + 1);"
        done
      done
    } | psql -X -q -v ON_ERROR_STOP=1 "${!uri}"
  done
  leat_leaves() {
    "$leat" copy-table --source "$source_uri" --target "$target_uri" --from "public.bench_leaves_$1" --mode append \
      --job bench --on-lost-snapshot continue --readers 1 --writers 1
  }
  for ((i = 0; i < pairs; i++)); do
    timed leat_leaves 2; forget_job; few=$wall
    timed leat_leaves 202; forget_job
    awk -v a="$wall" -v b="$few" 'BEGIN {print "empty", (a - b) / 200}' >>"$work/scale"
  done
  for ((i = 0; i < pairs; i++)); do
    for workers in 1 2 4; do
      empty_target; timed leat_job --readers "$workers" --writers "$workers" --memory 64MiB
      echo "wall $workers $wall" >>"$work/scale"
      if [ "$workers" = 1 ]; then
        # When each slice of one worker was committed: their distances are their times.
        psql -X -q -A -t -F ' ' "$target_uri" -c "SELECT 'slice', $i, extract(epoch FROM committed_at - lag(committed_at)
          OVER (ORDER BY committed_at)) FROM leat_meta.job_ledger WHERE job = 'bench' ORDER BY committed_at" >>"$work/scale"
      fi
      forget_job
    done
  done
  python3 "$here/scale_model.py" "$work/scale" | tee "$work/scale_model"
  for workers in 8 64; do
    result "model: $workers workers, cores for all, 100 such tables: efficiency" "$(awk -v w="$workers" '$1 == "efficiency" && $2 == w {print $3}' "$work/scale_model")" - ratio
  done
fi

if want hook; then
  echo "hook: reads 3 columns and rewrites 1, against passing bytes through, $pairs pairs after a warm-up"
  "$bin/leat_bench_hook" "$source_uri" "$target_uri" bytes >/dev/null
  for ((i = 0; i < pairs; i++)); do
    empty_target; timed "$bin/leat_bench_hook" "$source_uri" "$target_uri" bytes; peer_wall=$wall
    empty_target; timed "$bin/leat_bench_hook" "$source_uri" "$target_uri" hook
    echo "  bytes $peer_wall s; hook $wall s"
    awk -v a="$wall" -v b="$peer_wall" 'BEGIN {print a / b}' >>"$work/hook"
  done
  result "row hook: wall, of passing bytes through" "$(median <"$work/hook")" 1.10 ratio
fi

# peak COMMAND...: peak resident memory in MiB.
peak() {
  /usr/bin/time -o "$work/peak" -f %M "$@" >/dev/null
  awk '{printf "%.1f", $1 / 1024}' "$work/peak"
}

if want documents; then
  echo "documents: 30 tables of 1,000 rows, 10 of them incremental, by leat run and by copy-tables --jobs 1, $pairs pairs"
  psql -X -q -v ON_ERROR_STOP=1 "$source_uri" <<'SQL'
DO $$ BEGIN
  FOR i IN 1..30 LOOP
    EXECUTE pg_catalog.format('CREATE TABLE public.small_%s (id bigint PRIMARY KEY, v text, changed_at timestamptz)', i);
    EXECUTE pg_catalog.format('INSERT INTO public.small_%s SELECT g, md5(g::text), now() FROM generate_series(1, 1000) g', i);
  END LOOP;
END $$;
SQL
  pg_dump -s -t 'public.small_*' "$source_uri" | psql -X -q -v ON_ERROR_STOP=1 "$target_uri" >/dev/null
  thirty="$work/thirty.leat.yaml"
  printf 'leat: 1\nconnections: {s: "%s", t: "%s"}\nsource: s\ntarget: t\nloads:\n' "$source_uri" "$target_uri" >"$thirty"
  for ((i = 1; i <= 30; i++)); do
    if [ $i -le 10 ]; then
      echo "  - {from: public.small_$i, mode: upsert, incremental: {column: changed_at}}" >>"$thirty"
    else
      echo "  - {from: public.small_$i}" >>"$thirty"
    fi
  done
  empty_small() {
    # The ten incremental ones begin anew; the ledger stays.
    psql -X -q "$target_uri" \
      -c "DO \$\$ BEGIN IF pg_catalog.to_regclass('leat_meta.watermarks') IS NOT NULL THEN DELETE FROM leat_meta.watermarks; END IF; END \$\$" \
      -c "TRUNCATE $(printf 'public.small_%s, ' {1..29})public.small_30"
  }
  small_tables() { "$leat" copy-tables --source "$source_uri" --target "$target_uri" --include 'public.small_*' --jobs 1; }
  small_tables >/dev/null
  for ((i = 0; i <= pairs; i++)); do
    empty_small
    timed small_tables; peer_wall=$wall
    empty_small
    timed "$leat" run "$thirty"
    [ $i -eq 0 ] && continue # the first one makes the ledger
    echo "  leat run $wall s; copy-tables $peer_wall s"
    awk -v a="$wall" -v b="$peer_wall" 'BEGIN {print a / b}' >>"$work/thirty"
  done
  result "30 tables of 1,000 rows by leat run: wall, of copy-tables --jobs 1" "$(median <"$work/thirty")" 2.0 ratio
  lines="$work/lines.leat.yaml"
  head -5 "$thirty" >"$lines"
  for ((i = 1; i <= 99; i++)); do
    printf '  - name: load_%d\n    from: public.orders_%d\n    where: id > %d\n    mode: upsert\n    key: [id]\n' $i $i $i >>"$lines"
  done
  for ((i = 0; i < pairs; i++)); do
    timed "$leat" validate "$lines"
    awk -v a="$wall" 'BEGIN {print a * 1000}' >>"$work/validate"
  done
  result "leat validate of $(wc -l <"$lines") lines, offline" "$(median <"$work/validate")" 50 ms
fi

if want sinks; then
  echo "sinks: a pipeline with the hook of CopyTable, 2 readers and 2 writers each, $pairs pairs after a warm-up"
  psql -X -q "$source_uri" -c 'ALTER TABLE public.bench_rows ADD PRIMARY KEY (id)'
  piped() { "$bin/leat_bench_pipeline_copy" "$source_uri" "$target_uri" "$1"; }
  piped table >/dev/null
  for ((i = 0; i < pairs; i++)); do
    empty_target; timed piped table; peer_wall=$wall
    empty_target; timed piped cursor; cursor_wall=$wall
    empty_target; timed piped copy
    echo "  CopyTable $peer_wall s; cursors $cursor_wall s; CopySource $wall s"
    awk -v a="$cursor_wall" -v b="$peer_wall" 'BEGIN {print a / b}' >>"$work/sink_cursor"
    awk -v a="$wall" -v b="$peer_wall" 'BEGIN {print a / b}' >>"$work/sink_copy"
  done
  result "pipeline from cursors into COPY: wall, of CopyTable" "$(median <"$work/sink_cursor")" 1.35 ratio
  result "pipeline from CopySource into COPY: wall, of CopyTable" "$(median <"$work/sink_copy")" 1.10 ratio
  for way in table cursor copy; do
    empty_target
    result "memory: peak of that pipeline, by $way" "$(peak "$bin/leat_bench_pipeline_copy" "$source_uri" "$target_uri" $way)" 64 MiB
  done
  psql -X -q "$source_uri" -c 'ALTER TABLE public.bench_rows DROP CONSTRAINT bench_rows_pkey'
  for ((i = 0; i < pairs; i++)); do
    psql -X -q -v ON_ERROR_STOP=1 "$target_uri" <<'SQL'
DROP TABLE IF EXISTS public.many, public.few;
CREATE TABLE public.many (id bigint PRIMARY KEY, v text);
CREATE TABLE public.few (id bigint PRIMARY KEY, v text);
INSERT INTO public.many SELECT i, 'old value' FROM generate_series(0, 249999) i;
INSERT INTO public.few SELECT i, 'old value' FROM generate_series(0, 9999) i;
SQL
    "$bin/leat_bench_upserts" "$target_uri" >>"$work/upserts"
  done
  cut -f 1,3,4 "$work/upserts" | head -n 1 | while IFS=$'\t' read -r name limit unit; do
    result "$name" "$(cut -f 2 "$work/upserts" | median)" "$limit" "$unit"
  done
fi

if want transforms; then
  echo "transforms: in the target by leat query against the same staged by hand with psql, $pairs pairs after a warm-up"
  psql -X -q -v ON_ERROR_STOP=1 "$target_uri" \
    -c 'CREATE TABLE public.bench_made (id bigint, customer integer, label text, ordered date, price numeric(12,2), year numeric)'
  cat >"$work/transform.yaml" <<'YAML'
place: target
filter: {active: true, qty: {ge: 10}}
rename: {name: label}
select: [id, customer, name, ordered, price]
add_columns: {year: extract(year FROM ordered)}
transformations:
  - {type: apply, column: label, function: upper}
YAML
  # What one writes who stages by hand: the same rows by the same bytes, and the shortest SQL for them.
  staged_by_hand() {
    psql -X -q "$source_uri" -c 'COPY public.bench_rows TO STDOUT (FORMAT binary)' |
      psql -X -q -v ON_ERROR_STOP=1 "$target_uri" -c 'BEGIN' \
        -c 'CREATE TEMPORARY TABLE input_data (LIKE public.bench_rows) ON COMMIT DROP' \
        -c 'COPY input_data FROM STDIN (FORMAT binary)' -c 'TRUNCATE public.bench_made' \
        -c 'INSERT INTO public.bench_made SELECT id, customer, upper(name), ordered, price, extract(year FROM ordered)
            FROM input_data WHERE active AND qty >= 10' -c 'COMMIT'
  }
  transformed() {
    "$leat" query --source "$source_uri" --target "$target_uri" --sql 'SELECT * FROM public.bench_rows' \
      --to public.bench_made --transform "$work/transform.yaml"
  }
  made_rows() {
    psql -X -q -A -t "$target_uri" -c 'SELECT count(*), sum(hash_record_extended(t, 0)) FROM public.bench_made t'
  }
  staged_by_hand; by_hand=$(made_rows)
  transformed >/dev/null
  [ "$(made_rows)" = "$by_hand" ] || { echo "bench: the two have made other rows" >&2; exit 1; }
  for ((i = 0; i < pairs; i++)); do
    psql -X -q "$target_uri" -c 'TRUNCATE public.bench_made' -c CHECKPOINT; timed staged_by_hand; peer_wall=$wall
    psql -X -q "$target_uri" -c 'TRUNCATE public.bench_made' -c CHECKPOINT; timed transformed
    echo "  by hand $peer_wall s; leat $wall s"
    awk -v a="$wall" -v b="$peer_wall" 'BEGIN {print a / b}' >>"$work/transforms"
  done
  result "transform in the target: wall, of staging by hand" "$(median <"$work/transforms")" 1.15 ratio
fi

if want memory; then
  echo "memory: peak of the copy at defaults"
  result "memory: peak of the copy" "$(peak "$leat" copy-table --source "$source_uri" --target "$target_uri" --from public.bench_rows)" 64 MiB
fi

if want wide; then
  echo "wide: 100 rows of 20 MB each"
  psql -X -q -v ON_ERROR_STOP=1 "$source_uri" -c 'CREATE TABLE public.wide (id int, body bytea)' \
    -c 'ALTER TABLE public.wide ALTER body SET STORAGE EXTERNAL' \
    -c "INSERT INTO public.wide SELECT i, convert_to(repeat(md5(i::text), 625000), 'UTF8') FROM generate_series(1, 100) i"
  psql -X -q "$target_uri" -c 'CREATE TABLE public.wide (id int, body bytea)' \
    -c 'ALTER TABLE public.wide ALTER body SET STORAGE EXTERNAL'
  result "memory: 100 rows of 20 MB" "$(peak "$leat" copy-table --source "$source_uri" --target "$target_uri" --from public.wide)" 256 MiB
fi

if want micro; then
  echo "micro: hand-offs, one producer and one consumer"
  for name in Monitor ConcurrentMonitor; do
    limit=80
    [ $name = Monitor ] || limit=50
    value=$("$bin/leat_bench_hand_off" --benchmark_filter="^$name/single/" --benchmark_repetitions=5 \
      --benchmark_report_aggregates_only=true 2>/dev/null |
      sed -n 's/.*_median.*time_an_item=\([0-9.]*\)ns.*/\1/p')
    result "hand-off: $name, per item" "${value:-missing}" "$limit" ns
  done
fi

if want micro; then
  echo "micro: structs as rows"
  "$bin/leat_bench_row_encoder" >"$work/encoder"
  while IFS=$'\t' read -r name value limit unit; do result "$name" "$value" "$limit" "$unit"; done <"$work/encoder"
fi

if want pipeline; then
  if [ -x "$bin/leat_bench_pipeline" ]; then
    echo "pipeline: against oneTBB, with timers, and in memory"
    "$bin/leat_bench_pipeline" >"$work/pipeline"
    "$bin/leat_bench_pipeline" memory >>"$work/pipeline"
    while IFS=$'\t' read -r name value limit unit; do result "$name" "$value" "$limit" "$unit"; done <"$work/pipeline"
  else
    echo "pipeline: left out, since oneTBB (libtbb-dev) was not there when this was built" >&2
  fi
fi

echo
awk -F'\t' 'BEGIN {printf "%-66s %12s %10s  %s\n", "figure", "measured", "at most", "unit"}
  {v = ($2 + 0 == $2 && $4 == "ratio") ? sprintf("%.3f", $2) : $2
   mark = ($3 != "-" && $2 + 0 > $3 + 0) ? "  <-- missed" : ""
   printf "%-66s %12s %10s  %s%s\n", $1, v, $3, $4, mark}' "$results"
if [ -n "$json" ]; then
  awk -F'\t' 'BEGIN {print "["} {printf "%s  {\"figure\": \"%s\", \"measured\": %s, \"at_most\": %s, \"unit\": \"%s\"}", (NR > 1 ? ",\n" : ""), $1, ($2 + 0 == $2 ? $2 : "null"), ($3 == "-" ? "null" : $3), $4} END {print "\n]"}' "$results" >"$json"
  echo "figures written to $json"
fi
