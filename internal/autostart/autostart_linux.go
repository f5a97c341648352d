package autostart

import (
	"os"
	"path/filepath"
	"strings"
)

// path is where the Desktop Application Autostart Specification looks for the user's own entries.
func (e Entry) path() (string, error) {
	config, err := os.UserConfigDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(config, "autostart", e.Name+".desktop"), nil
}

// text is the entry. TryExec lets desktops pass over it when the program is gone.
func (e Entry) text() string {
	line := quote(e.Program)
	for _, a := range e.Args {
		line += " " + quote(a)
	}
	return "[Desktop Entry]\nType=Application\nName=" + escape(e.Title) + "\nTryExec=" + escape(e.Program) + "\nExec=" + escape(line) +
		"\nIcon=" + escape(e.Name) + "\nTerminal=false\nStartupNotify=false\nX-GNOME-Autostart-enabled=true\n"
}

// quote is an argument as the key Exec takes it (Desktop Entry Specification, "The Exec key").
func quote(arg string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "`", "\\`", `$`, `\$`, `%`, `%%`).Replace(arg) + `"`
}

// escape is a value as it stands in the file (there, "Possible value types").
func escape(v string) string {
	return strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\r", `\r`, "\t", `\t`).Replace(v)
}

func unescape(v string) string {
	return strings.NewReplacer(`\\`, `\`, `\n`, "\n", `\r`, "\r", `\t`, "\t", `\s`, " ").Replace(v)
}

// starts reads an entry as a desktop does: settings programs switch one off by Hidden or by GNOME's own key.
func starts(text string) bool {
	values := map[string]string{}
	group := ""
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") {
			group = line
		}
		name, value, ok := strings.Cut(line, "=")
		if ok && group == "[Desktop Entry]" && !strings.HasPrefix(line, "#") {
			values[strings.TrimSpace(name)] = unescape(strings.TrimSpace(value))
		}
	}
	return values["Exec"] != "" && values["Hidden"] != "true" && values["X-GNOME-Autostart-enabled"] != "false" &&
		(values["TryExec"] == "" || isProgram(values["TryExec"]))
}
