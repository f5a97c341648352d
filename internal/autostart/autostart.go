// Package autostart makes a program start when its user logs in, and says whether it does.
//
// What counts is always the system's own list: an XDG autostart entry on Linux, a LaunchAgent on macOS, the registry's Run key
// on Windows. The user can change it there too, so [Entry.On] looks each time and nothing is remembered here. It was tried on
// Linux only.
package autostart

// Entry is one program in the list.
type Entry struct {
	Name    string   // of the entry, such as "oaklock": one word
	Title   string   // what the desktop shows
	Program string   // absolute path
	Args    []string // may be empty
}
