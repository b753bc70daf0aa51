#!/usr/bin/env bash
# Measures what the tree costs whoever builds, tests or includes it, in a fresh clone and without a compiler cache.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$here")

usage() {
  cat <<EOF
usage: bench/weight.sh [--only demo|test|change|headers|ci]
Prints a table of CPU and wall seconds with what each must reach on two quiet cores. What is not committed is not measured.
  demo     scripts/demo, until its table is printed
  test     scripts/test: build and run
  change   one line of src/jobs/load/table_load.cpp, until the command is built, and until the tests of its room have run
  headers  a program that includes one header, g++ -O2, the best of five
  ci       .ci/run with an empty compiler cache, and once more with what that left there; only where it is asked for
EOF
}
only=""
while [ $# -gt 0 ]; do
  case $1 in
    --only) [ $# -ge 2 ] || { usage >&2; exit 2; }; only=$2; shift 2 ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
done
case $only in '' | demo | test | change | headers | ci) ;; *) usage >&2; exit 2 ;; esac
want() { [ "$only" = "$1" ] || { [ -z "$only" ] && [ "$1" != ci ]; }; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
export CCACHE_DISABLE=1
: >"$work/table"

clone() { rm -rf "$work/tree"; git clone -q "$root" "$work/tree"; }
# timed COMMAND...: $wall and $cpu seconds of it and its children; its words are shown where it fails.
timed() {
  local TIMEFORMAT='%R %U %S' out
  out=$({ time "$@" >"$work/out" 2>&1 || echo failed >"$work/failed"; } 2>&1)
  if [ -e "$work/failed" ]; then tail -n 50 "$work/out" >&2; exit 1; fi
  wall=$(awk '{print $1}' <<<"$out")
  cpu=$(awk '{print $2 + $3}' <<<"$out")
}
result() { printf '%-58s %8.1f %6s %s\n' "$@" | tee -a "$work/table"; }

if want demo; then
  clone
  timed "$work/tree/scripts/demo"
  result "scripts/demo, fresh clone: CPU" "$cpu" 500 s
  result "the same: wall" "$wall" 360 s
fi
if want test; then
  clone
  timed "$work/tree/scripts/test"
  result "scripts/test, fresh clone, build and run: wall" "$wall" 720 s
fi
if want change; then
  [ -d "$work/tree" ] || clone
  "$work/tree/scripts/build" release >"$work/out" 2>&1 || { tail -n 50 "$work/out" >&2; exit 1; }
  sed -i '1a // Changed.' "$work/tree/src/jobs/load/table_load.cpp"
  timed "$work/tree/scripts/build" release leat_cli
  result "a line of load_target.cpp, until the command is built: wall" "$wall" 20 s
  timed "$work/tree/scripts/test" -L '^jobs$'
  result "the same, until the tests of its room have run: wall" "$wall" 240 s
fi
if want headers; then
  # header LIMIT CODE: one program.
  header() {
    local limit=$1 best="" try
    printf '%s\n' "$2" >"$work/program.cpp"
    for try in 1 2 3 4 5; do
      timed g++ -std=c++20 -O2 -I"$root/include" -isystem /usr/include/concurrentqueue -c "$work/program.cpp" -o "$work/program.o"
      best=$(awk -v a="$cpu" -v b="${best:-$cpu}" 'BEGIN {print a < b ? a : b}')
    done
    result "$(head -n 1 "$work/program.cpp"): CPU" "$best" "$limit" s
  }
  for one in "jobs/copy_table 1.5" "pipeline/etl_pipeline 1.5" "leat 2.0"; do
    header "${one#* }" "#include <leat/${one% *}.hpp>
int main() {}"
  done
fi
if want ci; then
  unset CCACHE_DISABLE
  export CCACHE_DIR=$work/cache
  clone
  timed bash "$work/tree/.ci/run"
  result ".ci/run, nothing cached: wall" "$wall" 2100 s
  clone
  timed bash "$work/tree/.ci/run"
  result ".ci/run, compiled before: wall" "$wall" 1080 s
fi
echo
printf '%-58s %8s %6s\n' what measured limit
cat "$work/table"
