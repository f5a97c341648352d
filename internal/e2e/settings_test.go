package e2e_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/oaklock/oaklock/internal/agent"
	"github.com/oaklock/oaklock/internal/control"
)

// Every setting takes its values in the forms that a person types, shows them in one form, and keeps the old value when it is
// told nonsense.
func TestSettingsTakeAndRefuse(t *testing.T) {
	t.Parallel()
	s := begin(t, withAutostart(&fakeAutostart{}))
	for name, c := range map[string]struct {
		takes   map[string]string // what is typed, what is shown
		refuses []string
	}{
		"questions":           {map[string]string{"OFF": "off", " on ": "on"}, []string{"", "perhaps"}},
		"wait":                {map[string]string{"90s": "90s", "2m": "2m", "1m": "60s"}, []string{"0s", "6m", "soon", "-5s", ""}},
		"default_limit":       {map[string]string{"$2.50/day": "2.50/day", "3": "3.00/day", "0.5 a day": "0.50/day", "1000": "1000.00/day", "0.29": "0.29/day"}, []string{"0", "1000.01", "1,50", "1.005", "a lot", "1/month", "-1", "1e3", ""}},
		"limit":               {map[string]string{"5/day": "5.00/day"}, []string{"0x/day", "", " "}},
		"default_days":        {map[string]string{"1": "1", " 366 ": "366"}, []string{"0", "367", "a week", "1.5", ""}},
		"log_days":            {map[string]string{"31": "31", " 3650 ": "3650"}, []string{"0", "30", "3651", "a year", "off", ""}},
		"port":                {map[string]string{"6256": "6256"}, []string{"80", "65536", "http", ""}},
		"proxy":               {map[string]string{"OFF": "off", "http://127.0.0.1:3128/": "http://127.0.0.1:3128", "socks5://[::1]:1080": "socks5://[::1]:1080", " Environment ": "environment"}, []string{"on", "proxy.example:3128", "http://me:word@proxy.example", "ftp://proxy.example", ""}},
		"idle_lock":           {map[string]string{"1m": "60s", "90m": "90m", "24h": "24h", "OFF": "off"}, []string{"0", "59s", "169h", "8", "never", "-8h", ""}},
		"lock_on_screen_lock": {map[string]string{"off": "off"}, []string{"true", ""}},
		"lock_on_sleep":       {map[string]string{"off": "off"}, []string{"true", ""}},
		"lock_on_user_switch": {map[string]string{"off": "off"}, []string{"true", ""}},
		"autostart":           {map[string]string{"on": "on", "off": "off"}, []string{"yes", ""}},
		"theme":               {map[string]string{"Dark": "dark"}, []string{"blue", ""}},
		"language":            {map[string]string{"ES": "es", "en": "en", "system": "system"}, []string{"de", "english", ""}},
	} {
		for typed, shown := range c.takes {
			got, err := s.SetSetting(t.Context(), name, typed)
			if err != nil || got.Value != shown || s.setting(name) != shown {
				t.Errorf("%s %q shows %q, then %q, %v; want %q", name, typed, got.Value, s.setting(name), err, shown)
			}
		}
		before := s.setting(name)
		for _, typed := range c.refuses {
			_, err := s.SetSetting(t.Context(), name, typed)
			var no *control.Error
			if !errors.As(err, &no) || no.Code != control.BadInput || !strings.Contains(no.Message, "was not changed: it takes") {
				t.Errorf("%s %q: %v", name, typed, err)
			}
		}
		if now := s.setting(name); now != before {
			t.Errorf("%s is %q after what it refused, was %q", name, now, before)
		}
	}
}

// The words that a setting names are values that it takes, and its help names them too.
func TestSettingsTakeTheirWords(t *testing.T) {
	t.Parallel()
	s := begin(t, withAutostart(&fakeAutostart{}))
	all, err := s.Settings(t.Context())
	s.must(nil, err)
	named := 0
	for _, x := range all {
		for _, word := range x.Values {
			named++
			if got, err := s.SetSetting(t.Context(), x.Name, word); err != nil || got.Value != word {
				t.Errorf("%s is %q after %q, %v", x.Name, got.Value, word, err)
			}
			if x.Name != "first_steps" && !strings.Contains(x.Help, word) {
				t.Errorf("the help of %s does not name %s: %s", x.Name, word, x.Help)
			}
		}
	}
	if named < 20 {
		t.Errorf("only %d words are named", named)
	}
}

// setting is the value in force.
func (s *story) setting(name string) string {
	s.Helper()
	all, err := s.Settings(s.Context())
	s.must(nil, err)
	for _, x := range all {
		if x.Name == name {
			if x.Help == "" || x.Default == "" {
				s.Errorf("the setting %s has no help or no default", name)
			}
			return x.Value
		}
	}
	s.Fatal("there is no setting ", name)
	return ""
}

// A question offers what the settings say, and a page on this machine no more than a day.
func TestSettingsAreWhatAQuestionOffers(t *testing.T) {
	t.Parallel()
	s := begin(t)
	s.must(s.SetSetting(t.Context(), "default_limit", "0.25/day"))
	s.must(s.SetSetting(t.Context(), "default_days", "30"))
	for origin, days := range map[string]int{site: 30, "http://localhost:5173": 1} {
		go s.chat(origin)
		q := s.question()
		if q.Offer.Limits.CostDay != 250_000 || q.Offer.Days != days {
			t.Errorf("%s is offered %+v", origin, q.Offer)
		}
		s.must(nil, s.AnswerDeny(t.Context(), control.Answer{ID: q.ID}))
		s.await("no question", func(st control.State) bool { return len(st.Questions) == 0 })
	}
}

// fakeAutostart is a desktop's list of what starts at login.
type fakeAutostart struct {
	on  bool
	err error
}

func (f *fakeAutostart) On() (bool, error) { return f.on, nil }
func (f *fakeAutostart) Set(on bool) error {
	if f.err == nil {
		f.on = on
	}
	return f.err
}

func withAutostart(f *fakeAutostart) func(*agent.Options) {
	return func(o *agent.Options) { o.Autostart = f }
}

// What starts at login is the desktop's to say: what the user takes out there shows as off here.
func TestAutostartShowsTheDesktopsWord(t *testing.T) {
	t.Parallel()
	list := &fakeAutostart{}
	s := begin(t, withAutostart(list))
	if _, err := s.SetSetting(t.Context(), "autostart", "on"); err != nil || !list.on || s.setting("autostart") != "on" {
		t.Fatalf("on: %v, the list %+v", err, list)
	}
	list.on = false // by hand
	if v := s.setting("autostart"); v != "off" {
		t.Errorf("after it was taken out by hand the setting is %s", v)
	}
	list.err = errors.New("read-only file system")
	var no *control.Error
	if _, err := s.SetSetting(t.Context(), "autostart", "on"); !errors.As(err, &no) || no.Code != control.Unavailable || strings.Contains(no.Message, "read-only") {
		t.Errorf("a list that cannot be written: %v", err)
	}
	if v := s.setting("autostart"); v != "off" {
		t.Errorf("then the setting is %s", v)
	}
}
