#!/usr/bin/env bash
# Runs the tests with the build tag "real": those that use the real keychain, browser, window and tray host of this
# machine, in sessions of their own, and install the package. OAKLOCK_BIN and OAKLOCK_WINDOW_BIN name the two programs under
# test, OAKLOCK_DEB the package.
#
# Only the packages that have such tests run, one at a time, because they share the display and the processor, and
# always anew, because Go's cache does not see the world outside.
set -euo pipefail
cd "$(dirname "$0")/.."

for program in "${OAKLOCK_BIN:?the agent under test}" "${OAKLOCK_WINDOW_BIN:?the window under test}"; do
  [ -x "$program" ] || { echo "$program is not there: run \"make build\" first." >&2 && exit 1; }
done
[ -f "${OAKLOCK_DEB:?the package under test}" ] || { echo "$OAKLOCK_DEB is not there: run \"make test\"." >&2 && exit 1; }

mapfile -t packages < <(
  find app internal -name '*_test.go' -exec grep -lE '^//go:build (.*[^[:alnum:]_!])?real([^[:alnum:]_]|$)' {} + |
    xargs -r -n 1 dirname | sort -u | sed 's|^|./|'
)
if [ ${#packages[@]} = 0 ]; then
  echo "No test has the build tag real. That cannot be right: they are the proof that Oaklock works." >&2
  exit 1
fi
[ "$(id -u)" = 0 ] || echo "NOT RUN, because only root may: TestPackage installs and removes no package here, and looks at its files only." >&2
exec go test -race -tags real -p 1 -count=1 -timeout 15m "${packages[@]}"
