package keychain

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
)

func systemKeychain(string) system { return appleKeychain{} }

// appleKeychain is reached through /usr/bin/security, which shows the system's own dialogs and tells the outcome by its
// exit status: the low byte of an OSStatus of SecBase.h.
type appleKeychain struct{}

// status cannot ask without risking a dialog.
func (appleKeychain) status(context.Context) error { return nil }

func (appleKeychain) users(context.Context) ([]string, error) { return nil, errors.ErrUnsupported }

func (appleKeychain) explain(err error) error {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		switch exit.ExitCode() {
		case 36: // errSecInteractionNotAllowed -25308: locked, and no dialog possible (ssh)
			return fmt.Errorf("%w: %w", ErrLocked, err)
		case 51, 128: // errSecAuthFailed -25293, errSecUserCanceled -128
			return fmt.Errorf("%w: %w", ErrDenied, err)
		}
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}
