package grant_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(allowerDir); dir != "" {
		allowUntilKilled(dir) // see crash_test.go
		return
	}
	goleak.VerifyTestMain(m)
}
