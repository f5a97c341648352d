package app

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/oaklock/oaklock/internal/notify"
)

// Where nothing shows notifications, none is promised.
func TestWhereAQuestionIsShownWithoutATray(t *testing.T) {
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+filepath.Join(t.TempDir(), "nobody"))
	nobody := notify.Available(t.Context())
	if nobody == nil {
		t.Fatal("there is no bus, and notifications are shown")
	}
	if p := trayProblem(nobody); !strings.Contains(p.Message, "neither a tray icon nor notifications") {
		t.Errorf("without notifications: %+v", p)
	}
	if p := trayProblem(nil); !strings.Contains(p.Message, "by a notification and in the window") {
		t.Errorf("with notifications: %+v", p)
	}
}
