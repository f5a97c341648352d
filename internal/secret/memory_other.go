//go:build !linux && !darwin && !windows

package secret

// allocate has only the Go heap here: wiped, but not locked.
func allocate(n int) ([]byte, error) { return make([]byte, n), nil }

func free([]byte) {}
