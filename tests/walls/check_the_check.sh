#!/usr/bin/env bash
# The check of the walls must see every kind of hole.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT

sees() { # sees FILE INCLUDE
  rm -rf "${tree:?}"/*
  mkdir -p "$tree/$(dirname "$1")"
  echo "#include $2" >"$tree/$1"
  if "$here/check.sh" "$tree" >/dev/null; then
    echo "not seen: $1 includes $2"
    exit 1
  fi
}
sees include/leat/core/a.hpp '"leat/data/schema.hpp"'
sees src/data/a.cpp '"leat/postgres/connection.hpp"'
sees src/postgres/a.cpp '"leat/jobs/copy_table.hpp"'
sees src/jobs/a.cpp '<libpq-fe.h>'
sees include/leat/jobs/a.hpp '<pqxx/pqxx>'
sees src/data/a.cpp '<spdlog/spdlog.h>'
sees include/leat/jobs/a.hpp '<nlohmann/json.hpp>'
sees src/core/a.cpp '<boost/asio.hpp>'
sees include/leat/core/monitor.hpp '<concurrentqueue.h>'
