#!/usr/bin/env bash
# Says which version this is, in the form of https://semver.org: the number of the tag that stands on this commit, or else
# the next number of CHANGELOG.md with the commit's day and name behind it, which sorts before that number everywhere.
#
#   build/version.sh          0.1.0, or 0.1.0-dev.20261125.g7f6e41805, with .changed behind it where files are changed
#   build/version.sh epoch    the commit's time in seconds since 1970: what "now" is for whatever is packed
#
# A folder without git is the next number with -dev, in 1980, the first year that every archive can write.
set -euo pipefail
cd -P "$(dirname "$0")/.."

# A clone that another user owns (a container's, for one) is still a clone.
git() { command git -c safe.directory="$PWD" "$@" 2>/dev/null; }

# In a folder inside somebody else's repository git would speak of that one.
ours=no
[ "$(git rev-parse --show-toplevel || true)" != "$PWD" ] || ours=yes

case ${1:-} in
'') ;;
epoch)
  if [ -n "${SOURCE_DATE_EPOCH:-}" ]; then
    echo "$SOURCE_DATE_EPOCH"
  elif [ $ours = yes ]; then
    git log -1 --format=%ct
  else
    echo 315532800
  fi
  exit
  ;;
*)
  echo "usage: build/version.sh [epoch]" >&2
  exit 2
  ;;
esac

next=$(sed -nE 's/^## \[([0-9]+\.[0-9]+\.[0-9]+)\].*/\1/p' CHANGELOG.md | head -n 1)
if [ $ours = no ]; then
  echo "$next-dev"
  exit
fi
changed=
[ -z "$(git status --porcelain --untracked-files=no)" ] || changed=.changed
if tag=$(git describe --tags --exact-match --match 'v[0-9]*') && [ -z "$changed" ]; then
  echo "${tag#v}"
  exit
fi
# A name of digits alone that begins with 0 would be no semver; with a g before it, as git describe writes it, it is one.
echo "$next-dev.$(TZ=UTC git log -1 --format=%cd --date=format-local:%Y%m%d).g$(git rev-parse --short=9 HEAD)$changed"
