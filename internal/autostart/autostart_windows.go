package autostart

import (
	"errors"
	"fmt"
	"syscall"

	"golang.org/x/sys/windows/registry"
)

// The lists of what starts at login, and of what the Task Manager has switched off there.
const (
	runKey      = `Software\Microsoft\Windows\CurrentVersion\Run`
	approvedKey = `Software\Microsoft\Windows\CurrentVersion\Explorer\StartupApproved\Run`
)

// On says whether the program starts at the next login.
func (e Entry) On() (bool, error) {
	k, err := registry.OpenKey(registry.CURRENT_USER, runKey, registry.QUERY_VALUE)
	if errors.Is(err, registry.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read what starts at login: %w", err)
	}
	defer func() { _ = k.Close() }()
	line, _, err := k.GetStringValue(e.Title)
	if errors.Is(err, registry.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read what starts at login: %w", err)
	}
	return line != "" && !e.switchedOff(), nil
}

// switchedOff says whether the user has switched the entry off in the Task Manager, which sets the first byte of its value to an
// odd number.
func (e Entry) switchedOff() bool {
	k, err := registry.OpenKey(registry.CURRENT_USER, approvedKey, registry.QUERY_VALUE)
	if err != nil {
		return false
	}
	defer func() { _ = k.Close() }()
	b, _, err := k.GetBinaryValue(e.Title)
	return err == nil && len(b) > 0 && b[0]&1 == 1
}

// Set writes the entry, or takes it out.
func (e Entry) Set(on bool) error {
	k, _, err := registry.CreateKey(registry.CURRENT_USER, runKey, registry.SET_VALUE)
	if err != nil {
		return fmt.Errorf("change what starts at login: %w", err)
	}
	defer func() { _ = k.Close() }()
	if on {
		line := syscall.EscapeArg(e.Program)
		for _, a := range e.Args {
			line += " " + syscall.EscapeArg(a)
		}
		e.approve()
		err = k.SetStringValue(e.Title, line)
	} else if err = k.DeleteValue(e.Title); errors.Is(err, registry.ErrNotExist) {
		err = nil
	}
	if err != nil {
		return fmt.Errorf("change what starts at login: %w", err)
	}
	return nil
}

// approve takes back what the Task Manager has switched off; an entry that is not listed there starts.
func (e Entry) approve() {
	if k, err := registry.OpenKey(registry.CURRENT_USER, approvedKey, registry.SET_VALUE); err == nil {
		_ = k.DeleteValue(e.Title)
		_ = k.Close()
	}
}
