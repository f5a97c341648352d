package e2e_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/oaklock/oaklock/app"
)

// asOaklock makes the test's own binary the program: a process test starts it again with this in its environment, so
// nothing has to be built before.
const asOaklock = "OAKLOCK_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asOaklock) != "" {
		os.Exit(app.Main(os.Args[1:]))
	}
	goleak.VerifyTestMain(m)
}
