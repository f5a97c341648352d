//go:build !linux && !darwin && !windows

package app

import "log/slog"

// harden can do nothing on this system.
func harden(*slog.Logger) {}
