#!/usr/bin/env bash
# Proves that a commit gives the same packages everywhere: builds the tracked files twice, in two folders of different names
# and depths, each with an empty cache of compiled code, and compares every byte. Takes as long as two builds from nothing.
set -euo pipefail
cd "$(dirname "$0")/.."
: "${VERSION:?}" "${SOURCE_DATE_EPOCH:?}"

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
for place in one two/further/down; do
  echo "== build in $place"
  mkdir -p "$tmp/$place"
  # Files that are deleted and not yet committed are no part of it.
  git -c safe.directory="$PWD" ls-files -z --cached --others --exclude-standard |
    while IFS= read -r -d '' file; do [ ! -e "$file" ] || printf '%s\0' "$file"; done |
    tar --create --null --files-from=- | tar --extract --directory "$tmp/$place"
  GOCACHE=$tmp/cache make --no-print-directory -C "$tmp/$place" package VERSION="$VERSION" SOURCE_DATE_EPOCH="$SOURCE_DATE_EPOCH"
  rm -rf "$tmp/cache"
done

if ! diff "$tmp/one/build/bin/packages/SHA256SUMS" "$tmp/two/further/down/build/bin/packages/SHA256SUMS"; then
  echo "The same files gave different packages; those that differ stand above." >&2
  exit 1
fi
echo "Both builds are the same, byte for byte:"
cat "$tmp/one/build/bin/packages/SHA256SUMS"
