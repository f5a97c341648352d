#!/usr/bin/env bash
# Shows the tray icon in a real host, the panel of Xfce, at 16 and 22 pixels in a dark and a light panel, and paused beside on.
#
#   OAKLOCK_BIN=build/bin/oaklock build/pictures/tray.sh FOLDER
#
# Needs xfce4-panel, xvfb, dbus, imagemagick and libglib2.0-bin. Each picture is made in a session of its own.
set -euo pipefail

until_so() { # waits until a command succeeds, for 20 seconds at most
  local end=$((SECONDS + 20))
  until "$@" >/dev/null 2>&1; do
    [ $SECONDS -lt $end ] || { echo "It did not come to: $*" >&2 && exit 1; }
    sleep 0.1
  done
}
watcher() { gdbus call --session --dest org.kde.StatusNotifierWatcher --object-path /StatusNotifierWatcher --method "$@"; }
has_item() { watcher org.freedesktop.DBus.Properties.Get org.kde.StatusNotifierWatcher RegisteredStatusNotifierItems | grep -q "'"; }

if [ "${1:-}" != --inside ]; then
  folder=${1:?a folder for the pictures}
  program=$(realpath "${OAKLOCK_BIN:?the agent to show}")
  mkdir -p "$folder"
  for panel in dark light; do
    for size in 16 22; do
      session=$(mktemp -d)
      config=$session/config/xfce4/xfconf/xfce-perchannel-xml
      mkdir -p "$config"
      cat >"$config/xfce4-panel.xml" <<XML
<?xml version="1.0" encoding="UTF-8"?>
<channel name="xfce4-panel" version="1.0">
  <property name="configver" type="int" value="2"/>
  <property name="panels" type="array">
    <value type="int" value="1"/>
    <property name="dark-mode" type="bool" value="$([ $panel = dark ] && echo true || echo false)"/>
    <property name="panel-1" type="empty">
      <property name="position" type="string" value="p=6;x=0;y=0"/>
      <property name="position-locked" type="bool" value="true"/>
      <property name="length" type="uint" value="100"/>
      <property name="size" type="uint" value="$((size + 8))"/>
      <property name="plugin-ids" type="array"><value type="int" value="1"/><value type="int" value="2"/></property>
    </property>
  </property>
  <property name="plugins" type="empty">
    <property name="plugin-1" type="string" value="systray">
      <property name="icon-size" type="int" value="$size"/>
    </property>
    <property name="plugin-2" type="string" value="clock"/>
  </property>
</channel>
XML
      env -i PATH="$PATH" LANG=C.UTF-8 HOME="$session" XDG_CONFIG_HOME="$session/config" XDG_CACHE_HOME="$session/cache" \
        XDG_DATA_HOME="$session/data" OAKLOCK_HOME="$session/oaklock" OAKLOCK_BIN="$program" NO_AT_BRIDGE=1 \
        dbus-run-session -- "$0" --inside "$session/picture" 2>"$session/said" || { cat "$session/said" >&2 && exit 1; }
      convert "$session/picture-on.png" "$session/picture-paused.png" -append "$folder/tray-$panel-$size.png"
      rm -rf "$session"
    done
  done
  exit 0
fi

picture=$2
trap 'kill $(jobs -p) 2>/dev/null || true; wait' EXIT
Xvfb -displayfd 3 -screen 0 240x48x24 -nolisten tcp 3>"$picture.display" &
until_so test -s "$picture.display"
DISPLAY=:$(cat "$picture.display")
export DISPLAY
xfce4-panel &
until_so watcher org.freedesktop.DBus.Peer.Ping
"$OAKLOCK_BIN" agent --port 0 &
until_so has_item
"$OAKLOCK_BIN" resume
sleep 1 # the panel draws when it likes; nothing says that it has
import -window root "$picture-on.png"
"$OAKLOCK_BIN" pause
sleep 1
import -window root "$picture-paused.png"
"$OAKLOCK_BIN" quit
