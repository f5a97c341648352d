package agent

import (
	"strings"
	"testing"

	"github.com/oaklock/oaklock/internal/system"
)

// Whatever stands in the way of the keys, doctor says what to do, and names what there is on this system.
func TestEveryVaultCanBeMended(t *testing.T) {
	for goos, name := range map[string]string{"linux": "gnome-keyring", "darwin": "Keychain Access", "windows": "Credential Manager"} {
		for _, status := range []string{"locked", "new", "unavailable", "denied"} {
			fix := vaultFix(status, system.For(goos))
			if !strings.Contains(fix, "oaklock ") || strings.Contains(fix, name) != (status == "unavailable") {
				t.Errorf("%s, %s: %q", goos, status, fix)
			}
		}
	}
}
