#!/bin/sh
# both.sh SERVER CLIENT: lets our client certify our server, as two processes.
set -eu
directory=$(mktemp -d)
trap 'kill "$server" 2>/dev/null || true; rm -rf "$directory"' EXIT
"$1" --socket "$directory/socket" &
server=$!
tries=0
until "$2" --socket "$directory/socket" 2>"$directory/refused"; do
  # Only while nobody listens yet; each try waits for nothing but the connection.
  grep -q '^connect' "$directory/refused" || exit 1
  tries=$((tries + 1))
  [ "$tries" -lt 1000 ] || exit 1
done
kill -TERM "$server"
wait "$server"
