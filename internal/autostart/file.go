//go:build !windows

package autostart

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// On says whether the program starts at the next login: there is an entry, nobody has switched it off, and what it starts is
// there.
func (e Entry) On() (bool, error) {
	path, err := e.path()
	if err != nil {
		return false, err
	}
	b, err := os.ReadFile(path) //nolint:gosec // the user's own folder
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read what starts at login: %w", err)
	}
	return starts(string(b)), nil
}

// Set writes the entry, or takes it out. The old one stays where the new one cannot be written.
func (e Entry) Set(on bool) error {
	path, err := e.path()
	if err != nil {
		return err
	}
	if !on {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("change what starts at login: %w", err)
		}
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("change what starts at login: %w", err)
	}
	// A name that desktops do not look at, until it is whole.
	f, err := os.CreateTemp(filepath.Dir(path), ".oaklock-*")
	if err != nil {
		return fmt.Errorf("change what starts at login: %w", err)
	}
	_, err = f.WriteString(e.text())
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return fmt.Errorf("change what starts at login: %w", err)
	}
	return nil
}

// isProgram says whether there is something that can be started.
func isProgram(path string) bool {
	s, err := os.Stat(path)
	return err == nil && s.Mode().IsRegular() && s.Mode()&0o111 != 0
}
