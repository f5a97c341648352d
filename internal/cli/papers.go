package cli

import (
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
