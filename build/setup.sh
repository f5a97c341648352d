#!/usr/bin/env bash
# Checks that this machine has what a command needs, and installs what is missing where it may.
#
#   build/setup.sh run    what building and starting Oaklock needs
#   build/setup.sh test   that, and what the tests with the real keychain, browser, window and package need
#   build/setup.sh package   that of run, and what makes installers
#   build/setup.sh bench     that of run, and what Oaklock is compared with
#
# Go, Node and npm are the reader's own: they are looked for, never installed. Debian packages are installed when
# this runs as root; otherwise the exact command is printed and the exit status is 1. With nothing missing it says
# nothing and takes about a tenth of a second, so that every command can begin with it.
set -euo pipefail

mode=${1:-}
case $mode in
run | test | package | bench) ;;
*)
  echo "usage: build/setup.sh run|test|package|bench" >&2
  exit 2
  ;;
esac
cd "$(dirname "$0")/.."

complaints=()

# newer HAVE WANT: is version HAVE at least WANT?
newer() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

# Asked inside the module, so that a Go that fetches the toolchain which go.mod names may do so.
if ! command -v go >/dev/null; then
  complaints+=("Go 1.26 or newer is needed and there is none here: https://go.dev/dl/")
elif ! have=$(go env GOVERSION 2>&1) || ! newer "${have#go}" 1.26; then
  complaints+=("Go 1.26 or newer is needed; this machine has: $(cd / && go version 2>&1 | head -n 1). See https://go.dev/dl/")
fi
if ! command -v node >/dev/null; then
  complaints+=("Node 20.19 or newer is needed and there is none here: https://nodejs.org/")
elif have=$(node --version) && ! newer "${have#v}" 20.19; then
  complaints+=("Node 20.19 or newer is needed; this machine has $have: https://nodejs.org/")
fi
if ! command -v npm >/dev/null; then
  complaints+=("npm is needed and there is none here; it usually comes with Node: https://nodejs.org/")
fi
if [ ${#complaints[@]} -gt 0 ]; then
  printf '%s\n' "${complaints[@]}" >&2
  exit 1
fi

# The window is GTK and WebKit; linking it needs a C compiler.
packages=(gcc libc6-dev pkg-config libgtk-3-dev libwebkit2gtk-4.1-dev)
[ -z "${WAYLAND_DISPLAY:-}" ] || packages+=(wl-clipboard) # what the tray copies the endpoint with there
if [ "$mode" = test ]; then
  packages+=(
    dbus dbus-x11 gnome-keyring                  # a real keychain on a bus of its own
    xvfb xauth openbox                           # a display and a window manager
    xdotool x11-utils imagemagick                # a hand and an eye
    at-spi2-core python3-gi gir1.2-atspi-2.0     # the window's buttons, found as a screen reader finds them
    chromium firefox-esr fonts-dejavu-core       # the browsers that the pages run in
    lintian appstream desktop-file-utils         # what says whether a package is in order
    ca-certificates curl                         # what the package needs, and a page's stand-in
    python3-websockets                           # a page's and a provider's WebSocket of another make
  )
elif [ "$mode" = package ]; then
  packages+=(
    nsis                                 # the installer for Windows
    rpm cpio lintian shellcheck python3  # what opens what was packed
  )
elif [ "$mode" = bench ]; then
  packages+=(nginx-light) # what Oaklock is compared with
fi

if ! command -v dpkg-query >/dev/null; then
  if [ "$(uname -s)" = Linux ] && ! { pkg-config --exists gtk+-3.0 webkit2gtk-4.1; } 2>/dev/null; then
    echo "This is not a Debian system, so what is missing cannot be installed from here." >&2
    echo "What these Debian packages hold is needed: ${packages[*]}" >&2
    exit 1
  fi
  exit 0
fi

# missing prints those of its arguments that are not installed.
missing() {
  comm -13 \
    <(dpkg-query --show --showformat='${db:Status-Status} ${Package}\n' "$@" 2>/dev/null |
      sed -n 's/^installed //p' | sort -u) \
    <(printf '%s\n' "$@" | sort -u)
}

mapfile -t wanted < <(missing "${packages[@]}")
[ ${#wanted[@]} -gt 0 ] || exit 0

if [ "$(id -u)" != 0 ]; then
  echo "Some Debian packages are missing. Install them, and then run this command again:" >&2
  echo "  sudo apt-get update && sudo apt-get install --no-install-recommends ${wanted[*]}" >&2
  exit 1
fi

# Two commands at once must not both run apt: the second waits, and then finds nothing to do.
exec 9<build/setup.sh
flock 9
mapfile -t wanted < <(missing "${packages[@]}")
[ ${#wanted[@]} -gt 0 ] || exit 0

echo "Installing what is missing: ${wanted[*]}"
# In runlevel 1 Debian starts no service that it installs: nginx would take port 80.
install() {
  apt-get update -qq &&
    RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
      -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=120 "${wanted[@]}"
}
# Mirrors are sometimes in the middle of an update: a second try, not a third.
if ! install </dev/null && ! { sleep 5 && install </dev/null; }; then
  echo "Could not install: ${wanted[*]}. What apt-get said stands above; nothing of Oaklock was changed." >&2
  exit 1
fi
mapfile -t wanted < <(missing "${wanted[@]}")
if [ ${#wanted[@]} -gt 0 ]; then
  echo "apt-get ended well, and yet these are not installed: ${wanted[*]}" >&2
  exit 1
fi
