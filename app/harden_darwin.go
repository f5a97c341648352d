package app

import (
	"log/slog"

	"golang.org/x/sys/unix"
)

// harden keeps the keys in memory from core dumps and from debuggers of the same user. It has not been tried on a Mac;
// SECURITY.md says so.
func harden(log *slog.Logger) {
	if err := unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}); err != nil {
		log.Warn("core dumps stay on", "error", err)
	}
	if err := unix.PtraceDenyAttach(); err != nil {
		log.Warn("other programs can look into the agent's memory", "error", err)
	}
}
