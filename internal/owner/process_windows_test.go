package owner_test

import (
	"errors"
	"os"
	"testing"

	"github.com/oaklock/oaklock/internal/owner"
)

func TestProcess(t *testing.T) {
	pid, gone := uint32(os.Getpid()), errors.New("it is another by now")
	if err := owner.Process(pid, func() error { return nil }); err != nil {
		t.Errorf("this process: %v", err)
	}
	if err := owner.Process(pid, func() error { return gone }); !errors.Is(err, gone) {
		t.Errorf("one that is another by now: %v", err)
	}
	if err := owner.Process(0, func() error { return nil }); err == nil {
		t.Error("no process is this user's")
	}
	if name := owner.Program(pid); name == "" {
		t.Error("this process has no name")
	}
}
