package envkeys_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"go.uber.org/goleak"

	"github.com/oaklock/oaklock/internal/envkeys"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var providers = []string{"openai", "anthropic", "google", "groq", "xai", "my-own"}

// None of these is a key: they have the length of one.
const (
	one = "sk-0123456789abcdef-one"
	two = "sk-0123456789abcdef-two"
)

func show(all []envkeys.Found) (out []string) {
	for _, f := range all {
		out = append(out, fmt.Sprintf("%s %v %d %s", f.Provider, f.Variables, f.Line, f.Hint()))
	}
	return out
}

func TestEnvironment(t *testing.T) {
	got := show(envkeys.Environment([]string{
		"PATH=/bin", "OPENAI_API_KEY=" + one, "VITE_OPENAI_API_KEY=" + one, "NEXT_PUBLIC_OPENAI_KEY=" + two,
		"GEMINI_API_KEY=" + one, "GOOGLE_GENERATIVE_AI_API_KEY=" + one, "MY_OWN_API_KEY=" + two, "claude_api_key=" + one,
		"OPENAI_BASE_URL=" + one, "NOT_OPENAI_API_KEY=" + one, "OPENAI_API_KEY_OLD=" + one, "AWS_SECRET_ACCESS_KEY=" + one,
		"MISTRAL_API_KEY=" + one, // none of the providers
		"GROQ_API_KEY=", "XAI_API_KEY=short", "GROK_API_KEY=your-api-key-comes-here", "GROQ_API_KEY=$OTHER_0123456789abcdef",
		"GROQ_API_KEY=<paste-your-key-here>", "XAI_API_KEY=sk-xxxxxxxxxxxxxxxx...", "XAI_API_KEY=xxxxxxxxxxxxxxxxxxxxxxxx", "GROQ_API_KEY=two words 0123456789abcdef", "odd",
	}, providers))
	want := []string{
		"openai [OPENAI_API_KEY VITE_OPENAI_API_KEY] 0 -one", "openai [NEXT_PUBLIC_OPENAI_KEY] 0 -two",
		"google [GEMINI_API_KEY GOOGLE_GENERATIVE_AI_API_KEY] 0 -one", "my-own [MY_OWN_API_KEY] 0 -two", "anthropic [claude_api_key] 0 -one",
	}
	if !slices.Equal(got, want) {
		t.Errorf("found\n%q, want\n%q", got, want)
	}
}

func TestFile(t *testing.T) {
	got, err := envkeys.File([]byte("\ufeffOPENAI_API_KEY="+one+"\r\n"+
		"# ANTHROPIC_API_KEY="+one+"\n\n"+
		"export ANTHROPIC_API_KEY=\""+two+"\" # mine\n"+
		"  GROQ_API_KEY = '"+one+"'\n"+
		"XAI_API_KEY="+two+" # a comment\n"+
		"GEMINI_API_KEY=\"not closed 0123456789\n"+
		"export MY_OWN_API_KEY="+one+"; echo\n"+
		"VITE_OPENAI_API_KEY="+one), providers)
	want := []string{
		"openai [OPENAI_API_KEY VITE_OPENAI_API_KEY] 1 -one", "anthropic [ANTHROPIC_API_KEY] 4 -two", "groq [GROQ_API_KEY] 5 -one",
		"xai [XAI_API_KEY] 6 -two", "my-own [MY_OWN_API_KEY] 8 -one",
	}
	if err != nil || !slices.Equal(show(got), want) {
		t.Errorf("found\n%q, %v, want\n%q", show(got), err, want)
	}
	for name, text := range map[string]string{"a program": "\x7fELF\x00OPENAI_API_KEY=" + one, "another encoding": "OPENAI_API_KEY=" + one + "\xff"} {
		if all, err := envkeys.File([]byte(text), providers); !errors.Is(err, envkeys.ErrNotText) {
			t.Errorf("%s: %v, %v", name, show(all), err)
		}
	}
}

func TestPasted(t *testing.T) {
	for text, want := range map[string]string{
		one:                                one,
		" \t" + one + " \r\n":              one,
		`"` + one + `"`:                    one,
		"'" + one + "'":                    one,
		"OPENAI_API_KEY=" + one:            one,
		"  export OPENAI_API_KEY=" + one:   one,
		`OPENAI_API_KEY = "` + one + `"`:   one,
		"OPENAI_KEY='" + one + "' # mine":  one,
		"openai_api_key=" + one + "; ls":   one,
		"set XAI_TOKEN=" + one:             one,
		`$env:XAI_API_KEY = '` + one + `'`: one,
		"two words":                        "two words", // neither is a key, and which is meant is not guessed
		"export":                           "export",
		"a2V5a2V5a2V5==":                   "a2V5a2V5a2V5==", // the end of base64 is no name
		"a2V5a2V5key==":                    "a2V5a2V5key==",
		`"` + one:                          `"` + one,
		"KEY=" + one:                       one,
		`KEY="` + one:                      `"` + one,
		`"`:                                `"`,
		"":                                 "",
	} {
		if got := envkeys.Pasted(text); got != want {
			t.Errorf("%q gives %q, want %q", text, got, want)
		}
	}
}

func TestNameOnly(t *testing.T) {
	for _, text := range []string{
		"export", "EXPORT", "set", "export FOO", "export FOO=", "set FOO =", "FOO=", `FOO=""`, "FOO_BAR = ''", "OPENAI_API_KEY", "XAI_TOKEN",
		"OPENAI_API_KEY=", `openai_api_key = ""`, "export OPENAI_API_KEY", "export OPENAI_API_KEY=", "export OPENAI_API_KEY=''", "$env:XAI_API_KEY=",
		"$OPENAI_API_KEY", "${OPENAI_API_KEY}", "$env:XAI_API_KEY", "%OPENAI_API_KEY%", "OPENAI_API_KEY=$OPENAI_API_KEY", `export KEY="$OTHER"`,
	} {
		if !envkeys.NameOnly(envkeys.Pasted(text)) {
			t.Errorf("%q passes for a key", text)
		}
	}
	for _, text := range []string{
		one, "OPENAI_API_KEY=" + one, "export FOO=" + one, "exported-0123", "a2V5a2V5a2V5a2U=", "a2V5a2V5a2V5==", "a2V5a2V5key==", "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo=",
		"0123456789ABCDEF0123456789ABCDEF", "AKIA0123456789ABCDEF", "gsk_0123456789", "monkey", "two words", "%41%42%", "$0123456789", "",
	} {
		if envkeys.NameOnly(envkeys.Pasted(text)) {
			t.Errorf("%q passes for a name", text)
		}
	}
}
