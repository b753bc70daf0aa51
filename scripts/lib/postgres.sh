# Private PostgreSQL servers for the demo and the benchmarks: each in a temporary directory on a free port, run by an
# unprivileged user when we are root. Sourced, not run; the caller sets an EXIT trap to private_postgres_stop_all.

declare -A private_postgres_dirs=() private_postgres_ports=()

_private_postgres_bin() {
  local bin
  bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -t/ -k5 -n | tail -n 1)
  [ -n "$bin" ] || bin=$(dirname "$(command -v initdb 2>/dev/null || echo /nowhere/initdb)")
  [ -x "$bin/initdb" ] || { echo "no PostgreSQL server is installed: run scripts/setup" >&2; return 1; }
  echo "$bin"
}

# Runs a command as the user that may run PostgreSQL.
_private_postgres_as() {
  if [ "$(id -u)" -ne 0 ]; then
    "$@"
  else
    local user=postgres
    id "$user" >/dev/null 2>&1 || user=nobody
    setpriv --reuid="$user" --regid="$(id -g "$user")" --clear-groups env HOME=/ "$@"
  fi
}

_private_postgres_port() {
  local port
  while :; do
    port=$((20000 + RANDOM % 30000))
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
  done
}

# private_postgres_start NAME [setting=value...]
private_postgres_start() {
  local name=$1 bin dir port try options
  shift
  bin=$(_private_postgres_bin)
  dir=$(mktemp -d "${TMPDIR:-/tmp}/leat-pg.XXXXXX")
  chmod 755 "$dir"
  mkdir "$dir/run"
  private_postgres_dirs[$name]=$dir
  if [ "$(id -u)" -eq 0 ]; then
    local user=postgres
    id "$user" >/dev/null 2>&1 || user=nobody
    chown "$user" "$dir" "$dir/run"
  fi
  (cd "$dir" && _private_postgres_as "$bin/initdb" -D "$dir/data" -U leat -A trust --no-sync -E UTF8 --locale=C.UTF-8) \
    >"$dir/initdb.log" 2>&1 || { cat "$dir/initdb.log" >&2; return 1; }
  for try in 1 2 3 4 5; do
    port=$(_private_postgres_port)
    options="-p $port -k $dir/run -c listen_addresses=127.0.0.1"
    local setting
    for setting in "$@"; do options+=" -c '${setting//\'/\'\\\'\'}'"; done  # pg_ctl gives them to a shell
    if (cd "$dir" && _private_postgres_as "$bin/pg_ctl" -D "$dir/data" -w -t 60 -l "$dir/data/server.log" -o "$options" start) \
      >"$dir/start.log" 2>&1; then
      private_postgres_ports[$name]=$port
      return 0
    fi
    # Only a port that somebody else took meanwhile is worth another try.
    grep -q 'could not bind' "$dir/data/server.log" || break
  done
  cat "$dir/start.log" "$dir/data/server.log" >&2
  echo "the private PostgreSQL did not start (try $try)" >&2
  return 1
}

# private_postgres_uri NAME DATABASE
private_postgres_uri() {
  echo "postgresql://leat@/$2?host=${private_postgres_dirs[$1]}/run&port=${private_postgres_ports[$1]}"
}

# The shell command that stops and removes a server.
private_postgres_stop_command() {
  local dir=${private_postgres_dirs[$1]} bin
  bin=$(_private_postgres_bin)
  if [ "$(id -u)" -eq 0 ]; then
    echo "(cd / && setpriv --reuid=$(stat -c %U "$dir/data") --regid=$(stat -c %G "$dir/data") --clear-groups $bin/pg_ctl -D $dir/data -m fast stop); rm -rf $dir"
  else
    echo "$bin/pg_ctl -D $dir/data -m fast stop; rm -rf $dir"
  fi
}

private_postgres_stop() {
  local dir=${private_postgres_dirs[$1]:-}
  [ -n "$dir" ] || return 0
  if [ -e "$dir/data/postmaster.pid" ]; then
    (cd / && _private_postgres_as "$(_private_postgres_bin)/pg_ctl" -D "$dir/data" -m immediate -w stop) >/dev/null 2>&1 || true
  fi
  rm -rf "$dir"
  unset "private_postgres_dirs[$1]"
}

private_postgres_stop_all() {
  local name
  for name in "${!private_postgres_dirs[@]}"; do private_postgres_stop "$name"; done
}
