package app

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
	"unsafe"

	win "golang.org/x/sys/windows"
)

// harden keeps the keys in memory out of the reports that Windows writes of a program that crashed. It has not been tried
// on Windows; SECURITY.md says so.
func harden(log *slog.Logger) {
	win.SetErrorMode(win.SEM_FAILCRITICALERRORS | win.SEM_NOGPFAULTERRORBOX)
	if err := noReports(); err != nil {
		log.Warn("crash reports stay on", "error", err)
	}
}

// noReports takes the program out of Windows Error Reporting, for this user (WerAddExcludedApplication in werapi.h, whose
// answer is an HRESULT).
func noReports() error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	name, err := syscall.UTF16PtrFromString(filepath.Base(self))
	if err != nil {
		return err
	}
	proc := win.NewLazySystemDLL("wer.dll").NewProc("WerAddExcludedApplication")
	if err := proc.Find(); err != nil {
		return err
	}
	if hr, _, _ := proc.Call(uintptr(unsafe.Pointer(name)), 0); hr != 0 { //nolint:gosec // how Windows takes strings
		return fmt.Errorf("WerAddExcludedApplication: %#x", hr)
	}
	return nil
}
