// Package demopage carries the built files of the demo page inside the program.
package demopage

import "embed"

// Assets are what "npm run build:demo" leaves behind, below dist. Without npm there is only .gitkeep, so that every Go
// build works; the demo then says how to build its page.
//
//go:embed all:dist
var Assets embed.FS
