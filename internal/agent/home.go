package agent

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"github.com/oaklock/oaklock/internal/store"
)

// HomeError says in one sentence why the profile folder cannot be used, where the system's own words would not tell a
// person; any other error comes back as it is.
func HomeError(home string, err error) error {
	var on *fs.PathError
	switch {
	case errors.Is(err, store.ErrFull), errors.Is(err, store.ErrReadOnly), errors.Is(err, store.ErrUnsafe):
		return err
	case errors.Is(err, syscall.ENOSPC):
		return fmt.Errorf("%w: there is no room left for %s; nothing that was saved before is lost. Make some room and try again", store.ErrFull, home)
	case errors.Is(err, syscall.EROFS), errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w: Oaklock keeps what you allowed in %s and may not write there; nothing was changed. Make the folder writable for you, or choose another with --home", store.ErrReadOnly, home)
	case errors.Is(err, fs.ErrExist):
		return fmt.Errorf("%w: %s is a link that leads nowhere, or no folder. Choose another with --home", store.ErrUnsafe, home)
	case errors.Is(err, syscall.ENOTDIR):
		return fmt.Errorf("%w: %s is not a folder, or does not lie in one. Choose another with --home", store.ErrUnsafe, home)
	case errors.As(err, &on) && on.Op == "mkdir": // as below /proc
		return fmt.Errorf("no folder can be made at %s. Choose another with --home", home)
	}
	return err
}
