package cli_test

import (
	"strings"
	"testing"

	"github.com/oaklock/oaklock/internal/cli"
)

// The folder that --home names is in the commands that are advised, and nothing that a page says comes out of its quotes by it.
func TestAdviceIsForTheFolderThatWasNamed(t *testing.T) {
	for _, c := range []struct{ home, text, want string }{
		{"", "Unlock with: oaklock unlock", "Unlock with: oaklock unlock"},
		{"/a", "Unlock with: oaklock unlock", "Unlock with: oaklock --home /a unlock"},
		{"/a b", "oaklock pending, then oaklock allow ID", "oaklock --home '/a b' pending, then oaklock --home '/a b' allow ID"},
		{"/50%d", "Start it with: oaklock for the window.", "Start it with: oaklock --home '/50%d' for the window."},
		{"/a", "The program oaklock is old.", "The program oaklock is old."},
		{"/it's", "oaklock prices set p 'oaklock unlock; x'", "oaklock prices set p 'oaklock unlock; x'"},
	} {
		var b strings.Builder
		cli.Advise(&b, c.home, "%s", c.text)
		if got := strings.TrimSuffix(b.String(), "\n"); got != c.want {
			t.Errorf("with the folder %q it says %s, want %s", c.home, got, c.want)
		}
		b.Reset()
		cli.Line(&b, c.home, c.text+" %s", "oaklock unlock")
		if got := b.String(); !strings.HasSuffix(got, " oaklock unlock\n") || c.home == "/50%d" && !strings.Contains(got, c.want) {
			t.Errorf("with the folder %q a line is %s", c.home, got)
		}
	}
}
