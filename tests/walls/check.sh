#!/usr/bin/env bash
# check.sh TREE: fails, naming each, when an include crosses a wall between the rooms.
set -euo pipefail
cd "$1"

broken=0
# forbid WHERE PATTERN WHY [EXCEPT]: no file under WHERE includes what matches PATTERN.
forbid() {
  local found
  found=$(for place in $1; do
    [ ! -e "$place" ] || grep -rnE "^[[:space:]]*#[[:space:]]*include[[:space:]]*[<\"]$2" "$place" || true
  done)
  [ -z "${4:-}" ] || found=$(grep -vE "$4" <<<"$found" || true)
  if [ -n "$found" ]; then
    echo "$3:"
    echo "$found"
    broken=1
  fi
}

rooms() { local room; for room in "$@"; do echo "include/leat/$room src/$room"; done; }
forbid "$(rooms core)" '(leat/)?(data|pipeline|postgres|jobs|cli)/' "core knows no other room"
forbid "$(rooms data)" '(leat/)?(pipeline|postgres|jobs|cli)/' "data knows core only"
forbid "$(rooms pipeline)" '(leat/)?(postgres|jobs|cli)/' "pipeline knows data and core only"
forbid "$(rooms postgres)" '(leat/)?(pipeline|jobs|cli)/' "postgres knows data and core only"
forbid "$(rooms jobs)" '(leat/)?cli/' "jobs does not know the command"
forbid "include src" '(pqxx|libpq|postgres_fe)' "libpq and libpqxx belong to postgres" '^(include/leat|src)/postgres/'
forbid "include src" '(spdlog|fmt)/' "spdlog stands behind core's logging seam" '^src/core/'
forbid "include" 'nlohmann' "nlohmann_json is in no public header"
forbid "src" 'nlohmann' "nlohmann_json is where configuration and reports are read or written" '^src/(postgres|jobs|cli)/'
forbid "include src" 'boost/' "Boost belongs to pipeline" '^(include/leat|src)/pipeline/'
forbid "include src" '(moodycamel/|concurrentqueue/)?(blocking)?concurrentqueue\.h' "moodycamel stands behind its hand-off" \
  '^include/leat/core/(detail/)?concurrent_[a-z_]*\.hpp'
exit $broken
