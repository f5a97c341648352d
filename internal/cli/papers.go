package cli

import (
	"bytes"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// Commands is the tree of all commands with nothing behind it, for whoever writes about them: the manual and the shells'
// completions are made from it when a package is. Running one of them does nothing good.
func Commands(version string) *cobra.Command {
	p := &program{host: Host{Version: version}, now: time.Now}
	root := p.root()
	root.InitDefaultCompletionCmd()
	root.InitDefaultHelpCmd()
	return root
}

// BashCompletion writes the completion for bash. Cobra's compares what can follow, quoted, with what is typed, and bash quotes a comma, though
// nobody types it so: it would not go on behind one, as in --provider openai,an.
func BashCompletion(root *cobra.Command, w io.Writer, descriptions bool) error {
	var b bytes.Buffer
	if err := root.GenBashCompletionV2(&b, descriptions); err != nil {
		return err
	}
	_, err := io.WriteString(w, plainCommas.Replace(b.String())+`
__oaklock_quoted() {
    local all
    printf -v all '%q\n' "$@"
    printf '%s' "${all//\\,/,}"
}
`)
	return err
}

var plainCommas = strings.NewReplacer(
	`<(printf "%q\n" `, `<(__oaklock_quoted `,
	` || comp=$(printf "%q" "${compline%%$tab*}")`, ` || comp=$(printf "%q" "${compline%%$tab*}"); comp=${comp//\\,/,}`,
	`=$(printf "%q" `, `=$(__oaklock_quoted `,
)
