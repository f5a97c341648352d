#!/usr/bin/env bash
# Opens each package that build/package.sh has made, as who installs it would, and says all that is wrong with it. What this machine
# cannot open is told in a line that begins with NOT DONE.
#
# The .deb is also installed, used and removed, by TestPackage. VERSION comes from the Makefile.
set -euo pipefail
cd "$(dirname "$0")/.."
export LC_ALL=C.UTF-8
: "${VERSION:?}"

out=$PWD/build/bin/packages
name=oaklock_$VERSION
numbers=${VERSION%%-*}
arch=$(go env GOARCH)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
wrong=0

wrong() { wrong=$((wrong + 1)) && echo "WRONG: $*" >&2; }
there() { command -v "$1" >/dev/null || { echo "NOT DONE, because $1 is not here: $2" && return 1; }; }
# same WHAT WANTED GOT
same() { [ "$2" = "$3" ] || wrong "$1"$'\n'"$(diff <(echo "$2") <(echo "$3"))"; }
# holds WHAT FILE TEXT
holds() { grep -qF -- "$3" "$2" || wrong "$1 does not say \"$3\": $(cat "$2")"; }

# owned WHAT: of lines "mode owner/group name", as tar and the query of an .rpm below write them, all are root's, the two programs and
# what is in macOS' parts can be run, folders can be entered, and nobody but root writes to anything.
owned() {
  local mode owner name want
  while read -r mode owner name; do
    case $mode:$name in
    d*) want=drwxr-xr-x ;;
    *bin/oaklock | *lib/oaklock/oaklock-window | */finish.sh) want=-rwxr-xr-x ;;
    *) want=-rw-r--r-- ;;
    esac
    [ "$mode $owner" = "$want root/root" ] || [ "$mode $owner" = "$want 0/0" ] || wrong "$1: $name is $mode of $owner"
  done
}

# usr WHAT FOLDER: what lies below /usr, whichever package brought it.
usr() {
  local what=$1 usr=$2 page png size shell script
  cmp build/bin/oaklock "$usr/bin/oaklock" || wrong "$what has another agent"
  cmp build/bin/oaklock-window "$usr/lib/oaklock/oaklock-window" || wrong "$what has another window"
  for page in "$usr"/share/man/man1/*.1.gz; do
    if command -v man >/dev/null; then
      man --warnings --local-file "$page" >"$tmp/page" 2>"$tmp/said" </dev/null || wrong "$what: man cannot read $page"
      [ ! -s "$tmp/said" ] || wrong "$what: man says about $page: $(cat "$tmp/said")"
      grep -q '^NAME' "$tmp/page" || wrong "$what: $page has no NAME"
    else
      zcat "$page" | grep -q '^\.TH ' || wrong "$what: $page is no page of the manual"
    fi
  done
  [ -f "$usr/share/man/man1/oaklock.1.gz" ] || wrong "$what has no manual"
  # Each completion is read by its shell, where there is one, and knows the command afterwards.
  bash -c 'source "$1" && complete -p oaklock' - "$usr/share/bash-completion/completions/oaklock" >/dev/null || wrong "$what: bash cannot complete"
  for shell in zsh fish; do
    script=$(find "$usr/share/$shell" -type f || true)
    [ -s "$script" ] || wrong "$what has no completion for $shell"
    ! command -v $shell >/dev/null || $shell -n "$script" || wrong "$what: $shell cannot read its completion"
  done
  for size in 16 22 24 32 48 64 128 256 512; do
    png=$usr/share/icons/hicolor/${size}x$size/apps/oaklock.png
    # The width and the height stand behind the first 16 bytes (PNG, third edition, 11.2.1).
    same "$what: the size of $png" "$size $size" "$(od -An -j16 -N8 -tu4 --endian=big "$png" | xargs || true)"
  done
  ! command -v desktop-file-validate >/dev/null || desktop-file-validate "$usr/share/applications/io.github.oaklock.Oaklock.desktop" ||
    wrong "$what: the .desktop file"
  ! command -v appstreamcli >/dev/null || appstreamcli validate --no-net "$usr/share/metainfo/io.github.oaklock.Oaklock.metainfo.xml" >"$tmp/said" ||
    wrong "$what: $(cat "$tmp/said")"
}

open_deb() {
  local deb=$out/${name}_linux_$arch.deb
  dpkg-deb --ctrl-tarfile "$deb" | tar --list --file - | grep -q postrm || wrong "the .deb has no postrm"
  dpkg-deb --fsys-tarfile "$deb" | tar --list --verbose --file - | awk '{ print $1, $2, $6 }' | owned "the .deb"
  dpkg-deb --extract "$deb" "$tmp/deb"
  usr "the .deb" "$tmp/deb/usr"
  ! there lintian "its look at the .deb" || lintian --allow-root --fail-on error "$deb" || wrong "lintian is not content with the .deb"
}

open_rpm() {
  local rpm=$out/${name}_linux_$arch.rpm
  there rpm "the .rpm was not opened" && there cpio "the .rpm was not opened" || return 0
  mkdir "$tmp/rpmdb" "$tmp/rpm"
  ask() { rpm --dbpath "$tmp/rpmdb" "$@" "$rpm"; }
  ask --checksig --nosignature >"$tmp/said" || wrong "the sums in the .rpm: $(cat "$tmp/said")"
  same "the .rpm is called" "oaklock ${VERSION/-/\~} 1 MIT" "$(ask -qp --qf '%{NAME} %{VERSION} %{RELEASE} %{LICENSE}')"
  named() { sed -nE "/^  rpm:/,/^[a-z]/s/^    $1: \[(.*)\].*/\1/p" build/package/nfpm.yaml | sed 's/, /\n/g' | LC_ALL=C sort; }
  [ -n "$(named depends)" ] || wrong "the .rpm needs nothing, which cannot be right"
  same "the .rpm requires" "$(named depends)" "$(ask -qp --requires | grep -v '^rpmlib(' | LC_ALL=C sort)"
  same "the .rpm recommends" "$(named recommends)" "$(ask -qp --recommends | LC_ALL=C sort)"
  same "scripts of the .rpm" "" "$(ask -qp --scripts --triggers)"
  ask -qp --qf '[%{FILEMODES:perms} %{FILEUSERNAME}/%{FILEGROUPNAME} %{FILENAMES}\n]' | tee "$tmp/files" | owned "the .rpm"
  ! grep -v ' /usr/' "$tmp/files" || wrong "the .rpm has something outside of /usr"
  # rpm2cpio fails where the header has another size than the payload, which nfpm counts otherwise; the sums above are what matters.
  rpm2cpio "$rpm" >"$tmp/payload" || true
  # The names in it begin at the root, and nothing may be put there.
  cpio --extract --make-directories --no-absolute-filenames --quiet --directory "$tmp/rpm" <"$tmp/payload" 2>"$tmp/said" ||
    wrong "the .rpm cannot be unpacked: $(cat "$tmp/said")"
  usr "the .rpm" "$tmp/rpm/usr"
}

# As README.md says: unpacked into ~/.local, and used by somebody who has never had Oaklock.
open_tar() {
  local home=$tmp/home said status=0
  mkdir -p "$home/.local"
  tar --list --verbose --gzip --numeric-owner --file "$out/${name}_linux_$arch.tar.gz" | awk '{ print $1, $2, $6 }' | owned "the .tar.gz"
  tar --extract --gzip --strip-components=1 --directory "$home/.local" --file "$out/${name}_linux_$arch.tar.gz"
  usr "the .tar.gz" "$home/.local"
  run() { env -i HOME="$home" PATH="$home/.local/bin:/usr/bin:/bin" LANG=C.UTF-8 oaklock "$@" 2>&1; }
  same "oaklock version" "oaklock $VERSION" "$(run version)"
  said=$(run status) || status=$?
  same "the exit status of oaklock status where nothing runs" 3 $status
  [[ $said == *"not running"* ]] || wrong "oaklock status says: $said"
  same "what these two left in a new home" .local "$(ls -A "$home")"
}

open_windows() {
  local setup=$out/${name}_windows_amd64_untested.exe dir file key server said
  there wine "the installer for Windows was not run" || return 0
  export WINEPREFIX=$tmp/wine WINEDEBUG=-all WINEDLLOVERRIDES='winemenubuilder.exe,mscoree,mshtml='
  unset DISPLAY WAYLAND_DISPLAY # nothing of it is to be seen, and it does not need to
  server=$(command -v wineserver || echo /usr/lib/wine/wineserver)
  timeout 300 wine wineboot --init >"$tmp/said" 2>&1 || { wrong "Wine does not start: $(cat "$tmp/said")" && return 0; }
  timeout 120 wine "$setup" /S >"$tmp/said" 2>&1 || wrong "the installer ended with $?: $(cat "$tmp/said")"
  dir=$(find "$WINEPREFIX/drive_c" -type d -path '*/AppData/Local/Programs/Oaklock')
  if [ -n "$dir" ]; then
    same "the installer put there" $'licences.txt\nlicense.txt\noaklock-window.exe\noaklock.exe\nuninstall.exe' "$(LC_ALL=C ls "$dir")"
    for file in oaklock.exe oaklock-window.exe; do cmp "build/bin/$file" "$dir/$file" || wrong "$file is another"; done
    said=$(timeout 60 wine "$dir/oaklock.exe" version 2>&1 | tr -d '\r') || true # what it said tells
    if [[ $said == *"bcryptprimitives.dll not found"* ]]; then
      echo "NOT DONE, because no program in Go runs in this Wine: oaklock.exe was not run"
    else
      same "oaklock.exe version" "oaklock $VERSION" "$said"
    fi
    key='HKCU\Software\Microsoft\Windows\CurrentVersion\Uninstall\Oaklock'
    timeout 60 wine reg query "$key" /v DisplayVersion 2>/dev/null | grep -qF "$VERSION" || wrong "Windows does not know how to uninstall it"
    [ -n "$(find "$WINEPREFIX/drive_c" -name Oaklock.lnk)" ] || wrong "it is not in the start menu"
    timeout 120 wine "$dir/uninstall.exe" /S >"$tmp/said" 2>&1 || wrong "the uninstaller ended with $?: $(cat "$tmp/said")"
    # It goes on in a copy of itself, which can remove the first.
    WINEPREFIX=$WINEPREFIX timeout 60 "$server" --wait || wrong "the uninstaller does not end"
    [ ! -e "$dir" ] || wrong "the uninstaller left $(ls -A "$dir")"
    [ -z "$(find "$WINEPREFIX/drive_c" -iname '*oaklock*')" ] || wrong "the uninstaller left $(find "$WINEPREFIX/drive_c" -iname '*oaklock*')"
    ! grep -i oaklock "$WINEPREFIX"/*.reg || wrong "the uninstaller left this in the registry"
  else
    wrong "the installer installed nothing: $(cat "$tmp/said")"
  fi
  timeout 60 "$server" --kill || true # it may have ended
}

open_macos() {
  local top=$tmp/macos/${name}_macos_parts
  mkdir "$tmp/macos"
  tar --list --verbose --gzip --numeric-owner --file "$out/${name}_macos_parts_untested.tar.gz" | awk '{ print $1, $2, $6 }' | owned "macOS' parts"
  tar --extract --gzip --directory "$tmp/macos" --file "$out/${name}_macos_parts_untested.tar.gz"
  bash -n "$top/finish.sh" || wrong "bash cannot read finish.sh"
  ! there shellcheck "its look at finish.sh" || shellcheck "$top/finish.sh" || wrong "shellcheck is not content with finish.sh"
  ! there python3 "macOS' property lists were not read" || python3 - "$top" "$numbers" <<'PYTHON' || wrong "macOS' property lists"
import os, plistlib, sys

top, numbers = sys.argv[1:]

def read(name):
    with open(os.path.join(top, name), "rb") as file:
        return plistlib.load(file)

for name, program, hidden in (
    ("Oaklock.app", "oaklock", True),
    ("Oaklock.app/Contents/Helpers/OaklockWindow.app", "oaklock-window", False),
):
    info = read(name + "/Contents/Info.plist")
    got = [info.get(k) for k in ("CFBundleExecutable", "CFBundleVersion", "CFBundleShortVersionString", "CFBundlePackageType")]
    assert got == [program, numbers, numbers, "APPL"], (name, got)
    assert info.get("LSUIElement", False) is hidden, (name, "LSUIElement")
    assert info["CFBundleIdentifier"].startswith("io.github.oaklock."), info
    assert "@" not in str(info), info
    with open(os.path.join(top, "finish.sh")) as script:
        assert "/Contents/MacOS/" + program + '"' in script.read(), "finish.sh puts no " + program + " there"
assert read("entitlements.plist") == {"com.apple.security.get-task-allow": False}
PYTHON
}

# What the lists name is at least what is in the programs, and all that the pages were made of and with.
read_lists() {
  local program list
  for program in oaklock oaklock-window oaklock.exe oaklock-window.exe; do
    list=${program/.exe/-windows}
    list=$out/${list/oaklock/$name}.cdx.json
    go version -m "build/bin/$program" | awk '$1 == "dep" { print $2 "@" $3 }' | LC_ALL=C sort >"$tmp/modules"
    [ "$(wc -l <"$tmp/modules")" -gt 10 ] || wrong "$program has few modules, which cannot be right: $(cat "$tmp/modules")"
    node -e 'for (const c of JSON.parse(require("fs").readFileSync(process.argv[1])).components) console.log(c.name + "@" + c.version)' "$list" |
      LC_ALL=C sort | LC_ALL=C comm -23 "$tmp/modules" - >"$tmp/missing"
    [ ! -s "$tmp/missing" ] || wrong "$list does not name $(xargs <"$tmp/missing")"
  done
  node - frontend/package-lock.json "$out/$name-npm.cdx.json" <<'NODE' || wrong "the list of npm packages"
const [lock, list] = process.argv.slice(2).map((f) => JSON.parse(require('fs').readFileSync(f)))
const named = new Set()
for (const { purl } of list.components) named.add(decodeURIComponent(purl.replace('pkg:npm/', '')))
// npm leaves out what is for other systems and was never installed here. Of that nothing can be in a page.
const wanted = Object.entries(lock.packages).filter(([path, p]) => path && !p.optional)
const missing = wanted.map(([path, p]) => `${p.name ?? path.replace(/.*node_modules\//, '')}@${p.version}`).filter((p) => !named.has(p))
if (wanted.length < 20 || missing.length) throw new Error(`of ${wanted.length} packages the list does not name ${missing.join(', ')}`)
NODE
}

(cd "$out" && sha256sum --check --quiet SHA256SUMS) || wrong "the sums"
same "what has a sum" "$(cd "$out" && LC_ALL=C ls -d oaklock_*)" "$(awk '{ print $2 }' "$out/SHA256SUMS" | LC_ALL=C sort)"
open_deb
open_rpm
open_tar
open_windows
open_macos
read_lists
if [ $wrong != 0 ]; then
  echo "The packages were opened, and $wrong things are wrong with them." >&2
  exit 1
fi
echo "Each was opened, and is in order."
