#!/usr/bin/env bash
# Runs every fuzz target for a while, one after the other: build/fuzz.sh [TIME], 5s when not said. What a target finds
# is kept by Go in the package's testdata/fuzz, from where every later "go test" tries it again: commit it with the fix.
set -euo pipefail
cd "$(dirname "$0")/.."
time=${1:-5s}

found=0
while IFS=: read -r file target; do
  echo "== $target in $(dirname "$file")"
  go test -run='^$' -fuzz="^$target\$" -fuzztime="$time" "./$(dirname "$file")" || found=1
done < <(grep -rE --include='*_test.go' -o '^func Fuzz[A-Za-z0-9_]*' app internal | sed 's/func //' | sort)
exit $found
