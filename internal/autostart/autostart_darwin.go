package autostart

import (
	"encoding/xml"
	"os"
	"path/filepath"
	"strings"
)

// path is where launchd looks for the user's own agents (launchd.plist(5)).
func (e Entry) path() (string, error) {
	home, err := os.UserHomeDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(home, "Library", "LaunchAgents", "org."+e.Name+".agent.plist"), nil
}

func (e Entry) text() string {
	var b strings.Builder
	b.WriteString(xml.Header + `<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0"><dict>
<key>Label</key><string>org.` + e.Name + `.agent</string>
<key>RunAtLoad</key><true/>
<key>ProcessType</key><string>Interactive</string>
<key>ProgramArguments</key><array>
`)
	for _, arg := range append([]string{e.Program}, e.Args...) {
		b.WriteString("<string>")
		_ = xml.EscapeText(&b, []byte(arg)) // a strings.Builder takes everything
		b.WriteString("</string>\n")
	}
	b.WriteString("</array>\n</dict></plist>\n")
	return b.String()
}

// starts knows the entries that text writes: the first argument is the program.
func starts(text string) bool {
	var plist struct {
		Program []string `xml:"dict>array>string"`
	}
	return xml.Unmarshal([]byte(text), &plist) == nil && len(plist.Program) > 0 && isProgram(plist.Program[0])
}
