//go:build !windows

package owner

import "os"

// Mkdir makes a folder that this user alone can enter. Its parent must be there.
func Mkdir(path string) error { return os.Mkdir(path, 0o700) }
