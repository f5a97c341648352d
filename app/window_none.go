//go:build !desktop && !dev && !bindings

package app

import (
	"fmt"
	"os"
)

// isWindow says that this program is the window. It is decided when the program is built: the agent has no web engine in it.
const isWindow = false

// runWindow exists so that the rest compiles without Wails; main does not call it in this build.
func runWindow([]string) int {
	fmt.Fprintln(os.Stderr, "oaklock: this program has no window in it.")
	return 1
}
