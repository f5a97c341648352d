#!/usr/bin/env bash
# The TypeScript through which the window's page calls Go, frontend/wailsjs, is generated from the struct that is bound
# to it, and committed: the page can be built and checked without Go, and a changed signature shows in the diff.
#
#   build/bindings.sh check   fails with the difference when what is committed is not what the code gives
#   build/bindings.sh write   writes it
#
# Does what "wails generate module" does, into a folder of its own, so that checking changes nothing and can run beside
# a build. The generator is our own program with the tag "bindings": it runs main, which therefore does nothing before
# Wails starts.
set -euo pipefail
mode=${1:-}
case $mode in
check | write) ;;
*)
  echo "usage: build/bindings.sh check|write" >&2
  exit 2
  ;;
esac
cd "$(dirname "$0")/.."

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mkdir "$tmp/home" "$tmp/project" "$tmp/project/frontend"
cp wails.json "$tmp/project/"

go build -tags webkit2_41,bindings -o "$tmp/generate" .
output_type=$(node -p 'JSON.parse(require("fs").readFileSync("wails.json")).bindings.ts_generation.outputType')
if ! (cd "$tmp/project" && OAKLOCK_HOME="$tmp/home" tsoutputtype=$output_type "$tmp/generate") >"$tmp/said" 2>&1; then
  cat "$tmp/said" >&2
  echo "The generator failed; what it said stands above." >&2
  exit 1
fi

fresh=$tmp/project/frontend/wailsjs
if [ -z "$(ls "$fresh/go" 2>/dev/null)" ]; then
  cat "$tmp/said" >&2
  echo "The generator wrote no bindings: does main reach wails.Run with the tag \"bindings\"?" >&2
  exit 1
fi
find "$fresh" -type f -exec chmod 0644 {} +

if [ "$mode" = write ]; then
  rm -rf frontend/wailsjs
  cp -R "$fresh" frontend/wailsjs
  exit 0
fi
if ! diff -ru frontend/wailsjs "$fresh"; then
  echo "frontend/wailsjs is not what the code gives: run \"make bindings\" and commit what it changes." >&2
  exit 1
fi
