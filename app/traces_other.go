//go:build !unix

package app

// withoutTraces cannot start the program anew in its own place here, so only an agent that another program of ours starts goes
// without; SECURITY.md says so.
func withoutTraces() {}
