package agent

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/store"
)

// setting is one row of what the user can set.
type setting struct {
	name, standard, help string
	// check gives the value in its one form, or says in one sentence what it takes.
	check func(v string) (string, error)
}

var settingRows = []setting{
	{"questions", "on", "Whether sites that are not decided yet may ask: on or off. Off, they hear nothing at all.", oneOf("on", "off")},
	{"wait", "60s", "How long a site's request waits for your answer: 1s to 5m.", waiting},
	{"port", "6255", "The port that pages talk to: 1024 to 65535, from the next start on.", portNumber},
	{"vault", "keychain", "Where your keys lie: keychain (the system's) or file (encrypted with a passphrase).", oneOf("keychain", "file")},
	{"theme", "system", "How the window looks: system, light or dark.", oneOf("system", "light", "dark")},
}

func oneOf(values ...string) func(string) (string, error) {
	return func(v string) (string, error) {
		v = strings.ToLower(strings.TrimSpace(v))
		for _, w := range values {
			if v == w {
				return v, nil
			}
		}
		return "", fmt.Errorf("it takes %s", strings.Join(values, " or "))
	}
}

func waiting(v string) (string, error) {
	d, err := time.ParseDuration(strings.TrimSpace(v))
	if err != nil || d < time.Second || d > 5*time.Minute {
		return "", fmt.Errorf("it takes a time from 1s to 5m, such as 60s")
	}
	return d.String(), nil
}

func portNumber(v string) (string, error) {
	n, err := strconv.Atoi(strings.TrimSpace(v))
	if err != nil || n < 1024 || n > 65535 {
		return "", fmt.Errorf("it takes a number from 1024 to 65535")
	}
	return strconv.Itoa(n), nil
}

// settings are read from the database once; hot paths read an atomic map.
type settings struct {
	db     *store.DB
	paused bool // when Oaklock ended
	values atomic.Pointer[map[string]string]
}

func openSettings(ctx context.Context, db *store.DB) (*settings, error) {
	saved, err := db.Settings(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the settings: %w", err)
	}
	s := &settings{db: db, paused: saved[pausedSetting] != ""}
	m := map[string]string{}
	for _, row := range settingRows {
		m[row.name] = row.standard
		if v, ok := saved[row.name]; ok {
			if v, err := row.check(v); err == nil { // what a newer or older Oaklock wrote otherwise is not honoured
				m[row.name] = v
			}
		}
	}
	s.values.Store(&m)
	return s, nil
}

func (s *settings) get(name string) string { return (*s.values.Load())[name] }

func (s *settings) questions() bool { return s.get("questions") == "on" }

func (s *settings) wait() time.Duration {
	d, err := time.ParseDuration(s.get("wait"))
	if err != nil {
		return time.Minute // check lets nothing else in
	}
	return d
}

func (s *settings) port() int {
	n, err := strconv.Atoi(s.get("port"))
	if err != nil {
		return 6255 // check lets nothing else in
	}
	return n
}

func findSetting(name string) (setting, error) {
	var names []string
	for _, row := range settingRows {
		if row.name == name {
			return row, nil
		}
		names = append(names, row.name)
	}
	return setting{}, &control.Error{Code: control.NotFound, Message: fmt.Sprintf("There is no setting of this name. There are: %s.", strings.Join(names, ", "))}
}

// set saves and then takes effect. The caller serialises.
func (s *settings) set(ctx context.Context, row setting, value string) error {
	if err := s.db.SetSetting(ctx, row.name, value); err != nil {
		return err
	}
	m := map[string]string{}
	for k, v := range *s.values.Load() {
		m[k] = v
	}
	m[row.name] = value
	s.values.Store(&m)
	return nil
}

func (s *settings) show(row setting) control.Setting {
	return control.Setting{Name: row.name, Value: s.get(row.name), Default: row.standard, Help: row.help}
}

// Settings lists all settings.
func (a *Agent) Settings(context.Context) ([]control.Setting, error) {
	out := make([]control.Setting, 0, len(settingRows))
	for _, row := range settingRows {
		out = append(out, a.settings.show(row))
	}
	return out, nil
}

// SetSetting checks, saves and applies one setting.
func (a *Agent) SetSetting(ctx context.Context, name, value string) (control.Setting, error) {
	row, err := findSetting(name)
	if err != nil {
		return control.Setting{}, err
	}
	value, err = row.check(value)
	if err != nil {
		return control.Setting{}, &control.Error{Code: control.BadInput, Message: fmt.Sprintf("The setting %s was not changed: %s.", name, err)}
	}
	a.changes.Lock()
	defer a.changes.Unlock()
	if err := a.settings.set(ctx, row, value); err != nil {
		return control.Setting{}, saving(err)
	}
	switch name {
	case "vault":
		a.chooseVault(value) //nolint:contextcheck // what it locks is locked, also when the caller has hung up
	case "questions":
		a.consent.Wake()
	}
	a.changed()
	return a.settings.show(row), nil
}
