package control

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/oaklock/oaklock/internal/owner"
)

// checkOwner asks the folder's access list: Windows has no mode bits. It has not been tried there; SECURITY.md says so.
func checkOwner(dir string, _ fs.FileInfo) error {
	switch err := owner.Folder(dir); {
	case err == nil:
		return nil
	case errors.Is(err, owner.ErrOther):
		return fmt.Errorf("%w: %s belongs to another user", ErrFolder, dir)
	default:
		return fmt.Errorf("%w: others can look into %s (%w); if nobody else has put anything there, run: %s", ErrFolder, dir, err, owner.Close(dir))
	}
}
