package app

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/notify"
)

// holes are what a sentence leaves to be filled in, such as %s.
var holes = regexp.MustCompile(`%.`)

// Every sentence is there in both languages, with the same things to be filled in, and none was left in English.
func TestEveryDesktopWordHasItsCounterpart(t *testing.T) {
	var compare func(what string, en, es reflect.Value)
	compare = func(what string, en, es reflect.Value) {
		switch en.Kind() {
		case reflect.Struct:
			for i := range en.NumField() {
				compare(what+"."+en.Type().Field(i).Name, en.Field(i), es.Field(i))
			}
		case reflect.String:
			a, b := en.String(), es.String()
			if a == "" || b == "" || a == b || !slices.Equal(holes.FindAllString(a, -1), holes.FindAllString(b, -1)) {
				t.Errorf("%s is %q, and in Spanish %q", what, a, b)
			}
		case reflect.Func:
			if en.IsNil() || es.IsNil() {
				t.Errorf("%s is not there in both", what)
			}
		}
	}
	compare("words", reflect.ValueOf(english), reflect.ValueOf(spanish))
	for _, a := range []notify.Action{notify.Open, notify.Deny} {
		if en, es := english.buttons[a], spanish.buttons[a]; en == "" || es == "" || en == es {
			t.Errorf("the button for %s says %q, and in Spanish %q", a, en, es)
		}
	}
}

// The agent's sentences are English: in Spanish they are said anew, for every limit and every reason that there is.
func TestNotesInSpanish(t *testing.T) {
	const site, agents = "https://app.example", "The agent says this."
	var paused []control.PausedSite
	for _, reason := range []string{"same_requests", "only_errors", "cost_surge"} {
		paused = append(paused, control.PausedSite{Origin: site, Reason: reason, Count: 30, Cost: 1_250_000, Message: agents})
	}
	paused = append(paused, control.PausedSite{Origin: site, Reason: "cost_surge", Count: 31, Cost: 1_234_500_800, Message: agents})
	over := []control.OverLimit{{Origin: site, Name: "OpenAI", Code: "price_unknown", Model: "new", Message: agents}}
	limits := reflect.TypeFor[control.Limits]()
	for i := range limits.NumField() {
		name, _, _ := strings.Cut(limits.Field(i).Tag.Get("json"), ",")
		for _, scope := range []string{control.OfSite, control.OfKey, control.OfAll} {
			over = append(over, control.OverLimit{Origin: site, Name: "OpenAI", Code: "budget_exhausted", Scope: scope, Limit: name, Ceiling: 30_000, Message: agents})
		}
	}
	notes := spanish.stoppedNotes(paused, over)
	if len(notes) != len(paused)+len(over) {
		t.Fatalf("%d notes", len(notes))
	}
	for _, n := range notes {
		if strings.Contains(n.title+n.body, agents) || strings.Contains(n.title+n.body, "%!") || strings.Contains(n.body, "Open Oaklock") || !strings.Contains(n.body, "Abre Oaklock") {
			t.Errorf("%+v", n)
		}
	}
	want := []string{
		"Envió 30 solicitudes casi iguales en un minuto ($1.25 en ese minuto). No se ha perdido nada",
		"De pronto costó mucho más de lo habitual, con 31 solicitudes en un minuto ($1,234.5008 en ese minuto).",
		"Su límite para OpenAI es de $0.03 al día. Abre Oaklock para subirlo.",
	}
	for _, w := range want {
		if !slices.ContainsFunc(notes, func(n note) bool { return strings.HasPrefix(n.body, w) }) {
			t.Errorf("no note says %q: %+v", w, notes)
		}
	}
	unsaved := []control.Problem{{Code: control.Unsaved, Message: agents, Fix: agents}}
	var w quitWarning
	if n, lets := w.lets(&spanish, unsaved, w.at); lets || strings.Contains(n.body, agents) || !strings.HasSuffix(n.body, "elige otra vez Salir de Oaklock.") {
		t.Errorf("quit: %v, %+v", lets, n)
	}
	two := control.Question{Origin: site, Browser: "Firefox", Providers: []control.QuestionProvider{{Name: "OpenAI"}, {Name: "Groq"}}}
	if n := spanish.questionNotes([]control.Question{two})[0]; n.title != site+" pide usar tus claves de OpenAI y Groq" || !strings.HasPrefix(n.body, "A través de Firefox. Abre") {
		t.Errorf("%+v", n)
	}
	if n := english.questionNotes([]control.Question{two})[0]; n.title != site+" asks to use your OpenAI and Groq keys" {
		t.Errorf("%+v", n)
	}
}

func TestDesktopLanguage(t *testing.T) {
	for _, c := range []struct {
		choice string
		env    map[string]string
		want   *desktopWords
	}{
		{"es", nil, &spanish},
		{"en", map[string]string{"LANG": "es_ES.UTF-8"}, &english},
		{"system", nil, &english},
		{"system", map[string]string{"LANG": "es_ES.UTF-8"}, &spanish},
		{"system", map[string]string{"LANG": "es"}, &spanish},
		{"system", map[string]string{"LANG": "est_EE.UTF-8"}, &english},
		{"system", map[string]string{"LANG": "es_MX@x", "LC_MESSAGES": "en_GB.UTF-8"}, &english},
		{"system", map[string]string{"LANG": "en_GB.UTF-8", "LC_ALL": "es_AR"}, &spanish},
		{"system", map[string]string{"LANG": "en_GB.UTF-8", "LANGUAGE": "de:es_MX:en"}, &spanish},
		{"system", map[string]string{"LANG": "de_DE.UTF-8", "LANGUAGE": "::@:"}, &english},
		{"system", map[string]string{"LANG": "C.UTF-8", "LANGUAGE": "es"}, &english},
	} {
		if got := wordsFor(c.choice, func(name string) string { return c.env[name] }); got != c.want {
			t.Errorf("%s with %v speaks %s", c.choice, c.env, got.buttons[notify.Open])
		}
	}
}
