package system_test

import (
	"reflect"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/oaklock/oaklock/internal/system"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// own are names of what is there on one system and on no other.
var own = map[string][]string{
	"linux":   {"gnome", "keepass", "d-bus", "dbus", "logind", "systemd", "notifyd", "dunst", "/usr/share", ".bashrc", "apt ", "appindicator"},
	"darwin":  {"macos", "keychain access", "menu bar", ".zprofile"},
	"windows": {"windows", "credential manager", "start menu", "powershell", "control panel", "administrator", "beside the clock"},
}

// Each system has its words for everything, and none of them speaks of what another has.
func TestWordsAreThoseOfTheSystem(t *testing.T) {
	for _, goos := range []string{"linux", "darwin", "windows"} {
		words := reflect.ValueOf(system.For(goos))
		speaks := 0
		for i := range words.NumField() {
			name, text := words.Type().Field(i).Name, strings.ToLower(words.Field(i).String())
			if words.Field(i).Kind() != reflect.String {
				continue
			}
			if text == "" {
				t.Errorf("%s has no words for %s", goos, name)
			}
			for other, things := range own {
				for _, thing := range things {
					switch has := strings.Contains(text, thing); {
					case has && other != goos:
						t.Errorf("%s: %s speaks of %q, which is there on %s: %s", goos, name, thing, other, text)
					case has:
						speaks++
					}
				}
			}
		}
		if speaks < 4 {
			t.Errorf("%s: only %d of the words are its own", goos, speaks)
		}
	}
	if system.For("plan9") != system.For("linux") {
		t.Error("a system that is not known has no words")
	}
}
