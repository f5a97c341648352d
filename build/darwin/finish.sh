#!/usr/bin/env bash
# Makes Oaklock.app from its parts, on a Mac: the web view and the menu bar need the system's own libraries, so the programs
# cannot be built elsewhere. Not tested: nobody has run this on a Mac yet.
#
#   ./finish.sh AGENT WINDOW
#
# AGENT and WINDOW are built from the commit that VERSION in this folder names, in a checkout, with Go and Xcode's tools:
#
#   CGO_ENABLED=1 go build -trimpath -o oaklock .
#   go tool -modfile=build/tools.mod wails build -m -nosyncgomod -s -skipbindings -trimpath -nopackage -o oaklock-window
#
# SIGN_AS names the identity to sign with ("Developer ID Application: …"); without it the app is signed for this machine alone.
set -euo pipefail
if [ $# != 2 ] || [ ! -x "$1" ] || [ ! -x "$2" ]; then
  echo "usage: ./finish.sh AGENT WINDOW, two programs built on this Mac" >&2
  exit 2
fi
if [ "$(uname -s)" != Darwin ]; then
  echo "This needs a Mac: iconutil, codesign and ditto are Apple's." >&2
  exit 1
fi
agent=$1 window=$2
here=$(cd "$(dirname "$0")" && pwd)
app=$here/Oaklock.app
inner=$app/Contents/Helpers/OaklockWindow.app # where the agent looks for its window (app/start.go)

install -m 755 "$agent" "$app/Contents/MacOS/oaklock"
install -m 755 "$window" "$inner/Contents/MacOS/oaklock-window"
for bundle in "$app" "$inner"; do
  mkdir -p "$bundle/Contents/Resources"
  iconutil --convert icns --output "$bundle/Contents/Resources/oaklock.icns" "$here/oaklock.iconset"
done

# From the inside out: a signature covers what lies in the bundle.
for bundle in "$inner" "$app"; do
  codesign --force --options runtime --entitlements "$here/entitlements.plist" --sign "${SIGN_AS:--}" "$bundle"
done
codesign --verify --deep --strict "$app"
ditto -c -k --keepParent "$app" "$here/Oaklock_$(cat "$here/VERSION")_macos.zip"
echo "Made $here/Oaklock_$(cat "$here/VERSION")_macos.zip. To spread it, have it notarised: xcrun notarytool submit."
