#!/usr/bin/env bash
# Draws every picture that Oaklock ships from the SVG files in this folder. Run it after changing one of them, look at
# the result on a light and a dark panel at real size, and commit the pictures too: no build draws them.
#
#   oaklock.svg         the program: a tile, from 48 pixels on and for the window's build
#   oaklock-on.svg      the mark: the tile's acorn alone on a grid of 16 pixels, below 48 pixels and in the tray
#   oaklock-*.svg       the tray's other states; they differ by shape, so that they do without colour
#
# Needs rsvg-convert (Debian: librsvg2-bin) and convert (imagemagick).
set -euo pipefail
cd "$(dirname "$0")"
tray=../../internal/tray/icons
mkdir -p "$tray"

draw() { rsvg-convert --width "$2" --height "$2" --output "$3" "$1.svg"; }

# An .ico of $2, from pictures $1 at the sizes that follow.
ico() {
  local from=$1 to=$2 parts=() size
  shift 2
  for size in "$@"; do parts+=("$from-$size.png"); done
  convert "${parts[@]}" "$to"
}

for size in 16 22 24 32; do draw oaklock-on "$size" "oaklock-$size.png"; done
for size in 48 64 128 256 512; do draw oaklock "$size" "oaklock-$size.png"; done
ico oaklock oaklock.ico 16 24 32 48 64 128 256
draw oaklock 1024 ../appicon.png

for state in on paused locked needs-you; do
  for size in 16 22 24 32 48 64; do draw "oaklock-$state" "$size" "$tray/$state-$size.png"; done
  ico "$tray/$state" "$tray/$state.ico" 16 24 32 48
done
