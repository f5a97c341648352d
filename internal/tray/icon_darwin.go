//go:build cgo

package tray

import (
	"embed"

	"fyne.io/systray"
)

// mnemonic is a plain & in a label: menus have no marks for the keyboard here.
const mnemonic = "&"

//go:embed icons/*-64.png
var icons embed.FS

func setIcon(name string) {
	if file, err := icons.ReadFile("icons/" + name + "-64.png"); err == nil { // embedded: it is there
		systray.SetIcon(file)
	}
}
