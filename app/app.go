// Package app puts the two programs together: the agent with its command line, and the window.
package app

// Main runs the program with its arguments (without the program's name) and returns its exit status.
func Main(args []string) int { return 0 }
