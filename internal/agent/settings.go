package agent

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/grant"
	"github.com/oaklock/oaklock/internal/ledger"
	"github.com/oaklock/oaklock/internal/store"
	"github.com/oaklock/oaklock/internal/upstream"
)

// setting is one row of what the user can set.
type setting struct {
	name, standard, help string
	// check gives the value in its one form, or says in one sentence what it takes. Nil: it takes the words alone.
	check func(v string) (string, error)
	words []string // among the values that it takes
}

// take gives the value in its one form.
func (r setting) take(v string) (string, error) {
	if r.check != nil {
		return r.check(v)
	}
	v = strings.ToLower(strings.TrimSpace(v))
	if !slices.Contains(r.words, v) {
		return "", fmt.Errorf("it takes %s", strings.Join(r.words, " or "))
	}
	return v, nil
}

var onOff = []string{"on", "off"}

var settingRows = []setting{
	{"questions", "on", "Whether sites that are not decided yet may ask: on or off. Off, they hear nothing at all.", nil, onOff},
	{"wait", "60s", "How long a site's request waits for your answer: 1s to 5m.", waiting, nil},
	{"default_limit", "1.00/day", "The limit that a question offers at first, and that you allow by hand where you say none, in US dollars and whole cents a day: 0.01/day to 1000.00/day.", dollarsPerDay, nil},
	{"default_days", "7", "For how many days a question offers to allow a site, and you allow by hand where you say no time: 1 to 366. A page on your own machine is offered one day.", numberOfDays, nil},
	{"output_ceiling", "8192", "The most tokens of an answer when a page names no bound: 1 to 1000000. It is written into the request, and that much is reserved.", numberOfTokens, nil},
	{overallLimit, "off", "The most that all sites together may take, such as 20.00/day, 1000000tokens/month, 60requests/minute, 4requests at once or 2000tokens/answer, or several with commas between; or off.", limitText, []string{"off"}},
	{brakeSetting, "on", "Whether a site that runs away (the same request over and over, error after error, a sudden cost) is paused until you let it go on: on or off.", nil, onOff},
	{logDays, "90", "For how many days each request stays in the log; then only the sums of each day do: 31 to 3650.", keptDays, nil},
	{"port", "6255", "The port that pages talk to: 1024 to 65535, from the next start on.", portNumber, nil},
	{"vault", "keychain", "Where your keys lie: keychain (the system's) or file (encrypted with a passphrase).", nil, []string{"keychain", "file"}},
	{proxySetting, "off", "Whether Oaklock reaches providers through a proxy: off, environment (HTTPS_PROXY, ALL_PROXY, NO_PROXY), or the proxy's address. It sees no key.", proxyAddress, []string{"off", "environment"}},
	{idleLock, "8h", "Lock after no site has used a key for this long: 1m to 168h, or off.", idleTime, []string{"off"}},
	{LockOnScreenLock, "on", "Whether Oaklock locks when the screen is locked: on or off.", nil, onOff},
	{LockOnSleep, "on", "Whether Oaklock locks when the machine goes to sleep: on or off.", nil, onOff},
	{LockOnUserSwitch, "on", "Whether Oaklock locks when another user takes the screen: on or off.", nil, onOff},
	{autostart, "off", "Whether Oaklock starts when you log in: on or off.", nil, onOff},
	{"first_steps", "1", "How far the first steps in the window have come: 1 to 4, or done.", nil, []string{"1", "2", "3", "4", "done"}},
	{"theme", "system", "How the window looks: system, light or dark.", nil, []string{"system", "light", "dark"}},
	{"language", "system", "The language of the window, the tray and the notifications: system, en (English) or es (Spanish).", nil, []string{"system", "en", "es"}},
}

// The settings that are named in more than one place.
const (
	LockOnScreenLock = "lock_on_screen_lock"
	LockOnSleep      = "lock_on_sleep"
	LockOnUserSwitch = "lock_on_user_switch"
	idleLock         = "idle_lock"
	proxySetting     = "proxy"
	autostart        = "autostart"
	overallLimit     = "limit"
	brakeSetting     = "brake"
	logDays          = "log_days"
)

func limitText(v string) (string, error) {
	l, err := grant.ParseLimits(v)
	if err != nil || strings.TrimSpace(v) == "" { // nothing, as an unset variable of a script is, does not take the last limit away
		return "", fmt.Errorf("it takes dollars, tokens or requests in a time, requests at once or tokens of an answer, such as 20.00/day, 1000000tokens/month, 60requests/minute, 4requests at once or 2000tokens/answer, each once, or off")
	}
	return l.String(), nil
}

func waiting(v string) (string, error) {
	d, err := time.ParseDuration(strings.TrimSpace(v))
	if err != nil || d < time.Second || d > 5*time.Minute {
		return "", fmt.Errorf("it takes a time from 1s to 5m, such as 60s")
	}
	return shortDuration(d), nil
}

// idleTime takes a time without use, or "off".
func idleTime(v string) (string, error) {
	v = strings.ToLower(strings.TrimSpace(v))
	if v == "off" {
		return v, nil
	}
	d, err := time.ParseDuration(v)
	if err != nil || d < time.Minute || d > 7*24*time.Hour {
		return "", fmt.Errorf("it takes a time from 1m to 168h, such as 8h, or off")
	}
	return shortDuration(d.Round(time.Second)), nil
}

// shortDuration is the duration without the zeros that time.Duration ends in: 8h, 1m, 90s.
func shortDuration(d time.Duration) string {
	switch {
	case d%time.Hour == 0:
		return fmt.Sprintf("%dh", d/time.Hour)
	case d%time.Minute == 0 && d > time.Minute:
		return fmt.Sprintf("%dm", d/time.Minute)
	case d%time.Second == 0 && d < 2*time.Minute:
		return fmt.Sprintf("%ds", d/time.Second)
	}
	return d.String()
}

// typedMoney is what a person types: a dollar sign and a second decimal are as good as none.
var typedMoney = regexp.MustCompile(`^\$?([0-9]{1,4})(?:\.([0-9]{1,2}))?(?: ?/ ?day| a day)?$`)

func dollarsPerDay(v string) (string, error) {
	cents, ok := centsOf(v)
	if !ok || cents < 1 || cents > 1000_00 {
		return "", fmt.Errorf("it takes US dollars in whole cents a day, from 0.01/day to 1000.00/day, such as 1.00/day")
	}
	return fmt.Sprintf("%d.%02d/day", cents/100, cents%100), nil
}

// centsOf reads an amount exactly: a float would make 0.29 into 28 cents.
func centsOf(v string) (int64, bool) {
	m := typedMoney.FindStringSubmatch(strings.ToLower(strings.TrimSpace(v)))
	if m == nil {
		return 0, false
	}
	n, err := strconv.ParseInt(m[1]+(m[2] + "00")[:2], 10, 64)
	return n, err == nil
}

func numberOfDays(v string) (string, error) {
	n, err := strconv.Atoi(strings.TrimSpace(v))
	if err != nil || n < 1 || n > 366 {
		return "", fmt.Errorf("it takes a number of days from 1 to 366")
	}
	return strconv.Itoa(n), nil
}

func numberOfTokens(v string) (string, error) {
	n, err := strconv.Atoi(strings.TrimSpace(v))
	if err != nil || n < 1 || n > 1_000_000 {
		return "", fmt.Errorf("it takes a number of tokens from 1 to 1000000")
	}
	return strconv.Itoa(n), nil
}

func portNumber(v string) (string, error) {
	n, err := strconv.Atoi(strings.TrimSpace(v))
	if err != nil || n < 1024 || n > 65535 {
		return "", fmt.Errorf("it takes a number from 1024 to 65535")
	}
	return strconv.Itoa(n), nil
}

func proxyAddress(v string) (string, error) {
	v = strings.TrimSuffix(strings.TrimSpace(v), "/")
	if low := strings.ToLower(v); low == "off" || low == "environment" {
		v = low
	}
	_, err := upstream.ParseProxy(v)
	return v, err
}

// settings are read from the database once; hot paths read an atomic map.
type settings struct {
	db     *store.DB
	paused bool // when Oaklock ended
	// capped says that the limits over everything stood here and are not what the user set; so nothing goes through. Without
	// it they could be taken away with a text editor.
	capped atomic.Bool
	values atomic.Pointer[map[string]string]
}

func openSettings(ctx context.Context, db *store.DB) (*settings, error) {
	s := &settings{db: db}
	return s, s.judge(ctx, func(string, ...string) bool { return true }, nil)
}

// judge reads the settings, and takes the usual value for those that Oaklock did not write.
func (s *settings) judge(ctx context.Context, proves func(table string, key ...string) bool, gone []store.Row) error {
	saved, err := s.db.Settings(ctx)
	if err != nil {
		return fmt.Errorf("read the settings: %w", err)
	}
	s.paused = saved[pausedSetting] != ""
	m := map[string]string{}
	for _, row := range settingRows {
		m[row.name] = row.standard
		if v, ok := saved[row.name]; ok && proves("setting", row.name) {
			if v, err := row.take(v); err == nil { // what a newer or older Oaklock wrote otherwise is not honoured
				m[row.name] = v
			}
		}
	}
	s.values.Store(&m)
	s.capped.Store(!proves("setting", overallLimit) || slices.Contains(gone, store.RowOf("setting", overallLimit)))
	return nil
}

func (s *settings) get(name string) string { return (*s.values.Load())[name] }

// Language is the setting of that name: "system", "en" or "es".
func (a *Agent) Language() string { return a.settings.get("language") }

func (s *settings) questions() bool { return s.get("questions") == "on" }

func (s *settings) wait() time.Duration {
	d, err := time.ParseDuration(s.get("wait"))
	if err != nil {
		return time.Minute // check lets nothing else in
	}
	return d
}

// proxy is nil where connections go directly.
func (s *settings) proxy() *upstream.Proxy {
	p, err := upstream.ParseProxy(s.get(proxySetting))
	if err != nil {
		return nil // proxyAddress lets nothing in that could be
	}
	return p
}

// limits are those over everything.
func (s *settings) limits() grant.Limits {
	if s.capped.Load() {
		return ledger.NothingGoes
	}
	l, _ := grant.ParseLimits(s.get(overallLimit)) // check lets nothing else in
	return l
}

func (s *settings) brake() bool { return s.get(brakeSetting) == "on" }

func (s *settings) port() int {
	n, err := strconv.Atoi(s.get("port"))
	if err != nil {
		return 6255 // check lets nothing else in
	}
	return n
}

func (s *settings) outputCeiling() int64 {
	n, err := strconv.ParseInt(s.get("output_ceiling"), 10, 64)
	if err != nil {
		return 8192 // check lets nothing else in
	}
	return n
}

// offeredCostDay is in millionths of a US dollar.
func (s *settings) offeredCostDay() int64 {
	cents, _ := centsOf(s.get("default_limit")) // check lets nothing else in
	return cents * 10_000
}

func (s *settings) offeredDays() int {
	n, err := strconv.Atoi(s.get("default_days"))
	if err != nil {
		return 7 // check lets nothing else in
	}
	return n
}

// idle is how long no key may be used before Oaklock locks; 0: for ever.
func (s *settings) idle() time.Duration {
	d, err := time.ParseDuration(s.get(idleLock))
	if err != nil {
		return 0 // off
	}
	return d
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
	if row.name == overallLimit {
		s.capped.Store(false)
	}
	return nil
}

func (s *settings) show(row setting) control.Setting {
	return control.Setting{Name: row.name, Value: s.get(row.name), Default: row.standard, Help: row.help, Values: append([]string{}, row.words...)}
}

// Settings lists all settings.
func (a *Agent) Settings(context.Context) ([]control.Setting, error) {
	out := make([]control.Setting, 0, len(settingRows))
	for _, row := range settingRows {
		s := a.settings.show(row)
		switch {
		case row.name == autostart:
			s.Value = a.startsAtLogin()
		case row.name == overallLimit && a.settings.capped.Load():
			s.Value = "" // the usual one is not what holds: nothing goes through
		}
		out = append(out, s)
	}
	return out, nil
}

// startsAtLogin asks the desktop, which knows better than what was once set: the user may have taken Oaklock out there.
func (a *Agent) startsAtLogin() string {
	if a.o.Autostart == nil {
		return "off"
	}
	on, err := a.o.Autostart.On()
	if err != nil {
		a.log.Warn("what starts at login cannot be read", "error", err)
	}
	if on {
		return "on"
	}
	return "off"
}

// setAutostart changes what starts at login; the database has no part in it.
func (a *Agent) setAutostart(row setting, value string) (control.Setting, error) {
	if a.o.Autostart == nil {
		return control.Setting{}, &control.Error{Code: control.Unavailable, Message: "Oaklock cannot set here what starts at login. Nothing was changed."}
	}
	if err := a.o.Autostart.Set(value == "on"); err != nil {
		a.log.Warn("what starts at login cannot be changed", "error", err)
		if errors.Is(err, errors.ErrUnsupported) {
			return control.Setting{}, &control.Error{Code: control.Unavailable, Message: "Oaklock does not know how to start at login on this system. Nothing was changed."}
		}
		return control.Setting{}, &control.Error{Code: control.Unavailable, Message: "The list of what starts at login could not be changed: its folder cannot be written, or the disk is full. Nothing was changed."}
	}
	s := a.settings.show(row)
	s.Value = a.startsAtLogin()
	return s, nil
}

// SetSetting checks, saves and applies one setting.
func (a *Agent) SetSetting(ctx context.Context, name, value string) (control.Setting, error) {
	a.readySeal(ctx)
	a.changes.Lock()
	defer a.changes.Unlock()
	return a.setSetting(ctx, name, value)
}

// setSetting is SetSetting for who holds changes.
func (a *Agent) setSetting(ctx context.Context, name, value string) (control.Setting, error) {
	row, err := findSetting(name)
	if err != nil {
		return control.Setting{}, err
	}
	value, err = row.take(value)
	if err != nil {
		return control.Setting{}, &control.Error{Code: control.BadInput, Message: fmt.Sprintf("The setting %s was not changed: %s.", name, err)}
	}
	if name == autostart {
		defer a.changed()
		return a.setAutostart(row, value)
	}
	wereHeld := a.brake.List()
	if err := a.settings.set(ctx, row, value); err != nil {
		return control.Setting{}, saving(err)
	}
	switch name {
	case brakeSetting:
		if !a.settings.brake() {
			if err := a.resumeAll(ctx, wereHeld); err != nil {
				return control.Setting{}, saving(err)
			}
		}
	case "vault":
		a.chooseVault(value) //nolint:contextcheck // what it locks is locked, also when the caller has hung up
	case "questions":
		a.consent.Wake()
	case proxySetting:
		a.upstream.SetProxy(a.settings.proxy())
	case overallLimit:
		a.ledger.LimitAll(a.settings.limits())
	case idleLock:
		a.idle.set(a.settings.idle())
	case logDays:
		a.retainNow()
	}
	a.changed()
	return a.settings.show(row), nil
}
