#!/usr/bin/env bash
# Packs the programs that make has built into what people install, below build/bin/packages.
#
#   build/package.sh deb    the .deb alone, which the tests install
#   build/package.sh all    everything, with sums and the lists of what is in it
#
# VERSION and SOURCE_DATE_EPOCH come from the Makefile (build/version.sh). The same commit gives the same bytes: every time in
# an archive is the commit's, every owner is root, and no name of a machine is in it (make package-check).
set -euo pipefail
cd "$(dirname "$0")/.."
umask 022
export LC_ALL=C.UTF-8 TZ=UTC SOURCE_DATE_EPOCH
: "${VERSION:?}" "${SOURCE_DATE_EPOCH:?}"

out=build/bin/packages
tmp=build/tmp/package
tool() { go tool -modfile=build/package.mod "$@"; }

numbers=${VERSION%%-*} # 0.1.0 of 0.1.0-dev.20261125.g7f6e41805
PACKAGE_ARCH=$(go env GOARCH)
export PACKAGE_ARCH PACKAGE_VERSION=$VERSION
name=oaklock_$VERSION

# Windows shows the number in wails.json.
if [ "$(node -p 'require("./wails.json").info.productVersion')" != "$numbers" ]; then
  echo "wails.json has another productVersion than $numbers, which is the newest in CHANGELOG.md. Nothing was packed." >&2
  exit 1
fi

day() { date --date="@$SOURCE_DATE_EPOCH" "$@"; }

# archive FILE FOLDER NAME: FOLDER/NAME as a .tar.gz that says nothing about this machine.
archive() {
  tar --create --directory "$2" --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner "$3" |
    gzip -9n >"$1"
}

# lay FOLDER: the programs and their papers as they lie below /usr.
lay() {
  local usr=$1 share=$1/share size page
  install -D -m 755 build/bin/oaklock "$usr/bin/oaklock"
  install -D -m 755 build/bin/oaklock-window "$usr/lib/oaklock/oaklock-window" # where the agent looks (app/start.go)
  for size in 16 22 24 32 48 64 128 256 512; do
    install -D -m 644 "build/icons/oaklock-$size.png" "$share/icons/hicolor/${size}x$size/apps/oaklock.png"
  done
  install -D -m 644 build/icons/oaklock.svg "$share/icons/hicolor/scalable/apps/oaklock.svg"
  install -D -m 644 -t "$share/applications" build/package/io.github.oaklock.Oaklock.desktop
  mkdir -p "$share/metainfo" "$share/doc/oaklock"
  install -D -m 644 -t "$share/doc/oaklock" docs/browsers.md # doctor names it
  install -D -m 644 -t "$share/doc/oaklock/pictures" docs/pictures/permission-*.png
  sed "s/@VERSION@/${VERSION/-/\~}/; s/@DATE@/$(day +%Y-%m-%d)/; s/@TYPE@/$([ "$VERSION" = "$numbers" ] && echo stable || echo development)/" \
    build/package/io.github.oaklock.Oaklock.metainfo.xml >"$share/metainfo/io.github.oaklock.Oaklock.metainfo.xml"
  go run ./build/papers -version "$VERSION" -epoch "$SOURCE_DATE_EPOCH" -into "$share"
  for page in "$share"/man/man1/*.1; do gzip -9n "$page"; done
  gzip -9nc "$tmp/licences.txt" >"$share/doc/oaklock/licences.gz"
}

# debian FOLDER: what Debian wants beside.
debian() {
  local usr=$1
  install -m 644 build/package/copyright "$usr/share/doc/oaklock/copyright"
  gzip -9nc CHANGELOG.md >"$usr/share/doc/oaklock/changelog.gz"
  gzip -9nc >"$usr/share/doc/oaklock/changelog.Debian.gz" <<END
oaklock (${VERSION/-/\~}-1) unstable; urgency=medium

  * What has changed stands in changelog.gz.

 -- The Oaklock authors <oaklock@users.noreply.github.com>  $(day -R)
END
  install -D -m 644 build/package/lintian-overrides "$usr/share/lintian/overrides/oaklock"
}

pack_deb() {
  mkdir -p "$tmp/deb"
  cp -a "$tmp/usr" "$tmp/deb/usr"
  debian "$tmp/deb/usr"
  tool nfpm package --config build/package/nfpm.yaml --packager deb --target "$out/${name}_linux_$PACKAGE_ARCH.deb"
}

pack_rpm() {
  mkdir -p "$tmp/rpm"
  cp -a "$tmp/usr" "$tmp/rpm/usr"
  local share=$tmp/rpm/usr/share
  mv "$share/zsh/vendor-completions" "$share/zsh/site-functions" # Fedora's names for it
  install -D -m 644 LICENSE "$share/licenses/oaklock/LICENSE"
  install -D -m 644 CHANGELOG.md "$share/doc/oaklock/CHANGELOG.md"
  tool nfpm package --config build/package/nfpm.yaml --packager rpm --target "$out/${name}_linux_$PACKAGE_ARCH.rpm"
}

# To be unpacked into /usr/local or ~/.local, with --strip-components=1.
pack_tar() {
  mkdir -p "$tmp/tar"
  cp -a "$tmp/usr" "$tmp/tar/$name"
  cp LICENSE README.md CHANGELOG.md SECURITY.md "$tmp/tar/$name/share/doc/oaklock/"
  archive "$out/${name}_linux_$PACKAGE_ARCH.tar.gz" "$tmp/tar" "$name"
}

pack_windows() {
  local from=$PWD/$tmp/windows
  mkdir -p "$from"
  cp build/bin/oaklock.exe build/bin/oaklock-window.exe "$from/"
  sed 's/$/\r/' LICENSE >"$from/license.txt"
  sed 's/$/\r/' "$tmp/licences.txt" >"$from/licences.txt"
  touch --date="@$SOURCE_DATE_EPOCH" "$from"/*
  makensis -V2 -NOCD -DVERSION="$VERSION" -DNUMBERS="$numbers.0" -DFROM="$from" -DICON="$PWD/build/icons/oaklock.ico" \
    -DTO="$PWD/$out/${name}_windows_amd64_untested.exe" build/package/oaklock.nsi
}

# The programs of a Mac cannot be built here; all the rest of their bundle can.
pack_macos() {
  local top=$tmp/macos/${name}_macos_parts plist size
  local inner=$top/Oaklock.app/Contents/Helpers/OaklockWindow.app
  mkdir -p "$top/Oaklock.app/Contents/MacOS" "$inner/Contents/MacOS" "$top/oaklock.iconset"
  for plist in agent:"$top/Oaklock.app" window:"$inner"; do
    sed "s/@NUMBERS@/$numbers/" "build/darwin/${plist%%:*}.plist" >"${plist#*:}/Contents/Info.plist"
  done
  for size in 16 32 128 256 512; do
    cp "build/icons/oaklock-$size.png" "$top/oaklock.iconset/icon_${size}x$size.png"
    [ $size = 512 ] || cp "build/icons/oaklock-$((2 * size)).png" "$top/oaklock.iconset/icon_${size}x$size@2x.png"
  done
  install -m 755 build/darwin/finish.sh "$top/finish.sh"
  cp build/darwin/entitlements.plist LICENSE "$tmp/licences.txt" "$top/"
  echo "$VERSION" >"$top/VERSION"
  archive "$out/${name}_macos_parts_untested.tar.gz" "$tmp/macos" "${name}_macos_parts"
}

# Lists of what is in the programs (CycloneDX), read from the built ones, and of the npm packages that the pages are made of
# and with.
list_parts() {
  local program part
  for program in oaklock oaklock-window oaklock.exe oaklock-window.exe; do
    part=${program/.exe/-windows}
    tool cyclonedx-gomod bin -json -noserial -notimestamp -version "v$VERSION" -output "$tmp/$part.json" "build/bin/$program"
  done
  (cd frontend && npm sbom --package-lock-only --sbom-format cyclonedx --sbom-type application) >"$tmp/oaklock-npm.json"
  for part in oaklock oaklock-window oaklock-windows oaklock-window-windows oaklock-npm; do
    node build/sbom.mjs "$tmp/$part.json" >"$out/${part/oaklock/$name}.cdx.json"
  done
}

# Sums, and a signature over them where OAKLOCK_SIGN_WITH names one of the user's own keys in gpg.
seal() {
  (cd "$out" && sha256sum -- oaklock_* >SHA256SUMS)
  [ -z "${OAKLOCK_SIGN_WITH:-}" ] ||
    gpg --batch --yes --armor --local-user "$OAKLOCK_SIGN_WITH" --output "$out/SHA256SUMS.asc" --detach-sign "$out/SHA256SUMS"
}

rm -rf "$tmp" "$out"
mkdir -p "$tmp" "$out"
go run ./build/papers -licences "$tmp/licences.txt"
lay "$tmp/usr"
case ${1:-} in
deb)
  pack_deb
  ;;
all)
  pack_deb
  pack_rpm
  pack_tar
  pack_windows
  pack_macos
  list_parts
  seal
  echo "Made in $out:"
  (cd "$out" && du -h --apparent-size -- *)
  [ -n "${OAKLOCK_SIGN_WITH:-}" ] || echo "Not signed: OAKLOCK_SIGN_WITH names no key."
  ;;
*)
  echo "usage: build/package.sh deb|all" >&2
  exit 2
  ;;
esac
