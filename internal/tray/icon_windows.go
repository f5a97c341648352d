package tray

import (
	"embed"

	"fyne.io/systray"
)

// mnemonic is a plain & in a label, where one alone marks the letter that the keyboard chooses the entry by.
const mnemonic = "&&"

//go:embed icons/*.ico
var icons embed.FS

func setIcon(name string) {
	if file, err := icons.ReadFile("icons/" + name + ".ico"); err == nil { // embedded: it is there
		systray.SetIcon(file)
	}
}
