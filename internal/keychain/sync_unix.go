//go:build !windows

package keychain

import (
	"errors"
	"os"
)

// syncDir makes a rename or a removal in dir last through a power cut.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
