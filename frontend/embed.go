// Package frontend carries the built files of the window's interface inside the program.
package frontend

import (
	"embed"
	"io/fs"
)

// dist is what "npm run build" leaves behind. Without npm it holds only .gitkeep, so that every Go build works; the
// window then shows an empty page, which "wails build" cannot produce because it runs npm first.
//
//go:embed all:dist
var dist embed.FS

// Files returns the built files with index.html at the root.
func Files() fs.FS {
	files, err := fs.Sub(dist, "dist")
	if err != nil { // only for a path that is not valid, and this one is
		panic(err)
	}
	return files
}
