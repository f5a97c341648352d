package origin_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/oaklock/oaklock/internal/origin"
)

func TestFromHeaderTakesOnlyTheCanonicalForm(t *testing.T) {
	for _, v := range []string{
		"https://app.example", "https://app.example:8443", "https://xn--bcher-kva.example", "https://a_b.example",
		"https://192.0.2.7", "https://[2001:db8::1]:444", "http://localhost", "http://localhost:5173", "http://127.0.0.1:3000",
		"http://127.8.9.1", "http://[::1]:3000", "http://app.localhost:1", "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
		"moz-extension://2c127fa4-62c7-7e4f-90e5-472b45eecfdc",
	} {
		o, err := origin.FromHeader(v)
		if err != nil || o.String() != v {
			t.Errorf("%s: got %q, %v", v, o, err)
		}
	}
	for v, want := range map[string]error{
		"null":                              origin.ErrNull,
		"http://app.example":                origin.ErrInsecure,
		"http://localhost.evil.example":     origin.ErrInsecure,
		"http://127.0.0.1.evil.example":     origin.ErrInsecure,
		"":                                  origin.ErrNotCanonical,
		"https://":                          origin.ErrNotCanonical,
		"https://App.example":               origin.ErrNotCanonical,
		"HTTPS://app.example":               origin.ErrNotCanonical,
		"https://app.example/":              origin.ErrNotCanonical,
		"https://app.example:443":           origin.ErrNotCanonical,
		"https://app.example:0443":          origin.ErrNotCanonical,
		"https://app.example:":              origin.ErrNotCanonical,
		"https://app.example:99999":         origin.ErrNotCanonical,
		"https://app.example.":              origin.ErrNotCanonical,
		"https://.app.example":              origin.ErrNotCanonical,
		"https://user@app.example":          origin.ErrNotCanonical,
		"https://app.example?x":             origin.ErrNotCanonical,
		"https://app.example https://b.com": origin.ErrNotCanonical,
		"https://app.example\x00":           origin.ErrNotCanonical,
		"https://büch.example":              origin.ErrNotCanonical,
		"https://127.1":                     origin.ErrNotCanonical,
		"https://0x7f.1":                    origin.ErrNotCanonical,
		"https://0x7f000001":                origin.ErrNotCanonical,
		"https://2130706433":                origin.ErrNotCanonical,
		"http://[::ffff:127.0.0.1]":         origin.ErrNotCanonical,
		"http://[0:0:0:0:0:0:0:1]":          origin.ErrNotCanonical,
		"https://[::1":                      origin.ErrNotCanonical,
		"file://":                           origin.ErrNotCanonical,
		"wails://wails":                     origin.ErrNotCanonical,
		"app:notes":                         origin.ErrNotCanonical,
		"app://notes":                       origin.ErrNotCanonical,
		"ws://localhost":                    origin.ErrNotCanonical,
		"chrome-extension://":               origin.ErrNotCanonical,
		"chrome-extension://ab/c":           origin.ErrNotCanonical,
		"https://" + strings.Repeat("a.", 200) + "example": origin.ErrNotCanonical,
	} {
		if o, err := origin.FromHeader(v); !errors.Is(err, want) || !o.IsZero() {
			t.Errorf("%q: got %q, %v; want %v", v, o, err, want)
		}
	}
}

func TestFromUserPutsRightOrSaysWhy(t *testing.T) {
	for v, want := range map[string]string{
		" https://App.Example/ ":     "https://app.example",
		"HTTPS://app.example:443":    "https://app.example",
		"https://bücher.example":     "https://xn--bcher-kva.example",
		"https://My_App.example":     "https://my_app.example",
		"http://a_b.localhost:5173":  "http://a_b.localhost:5173",
		"http://LOCALHOST:5173":      "http://localhost:5173",
		"http://localhost:80":        "http://localhost",
		"https://[2001:DB8:0::1]":    "https://[2001:db8::1]",
		"moz-extension://2c127fa4-1": "moz-extension://2c127fa4-1",
		"app:notes":                  "app:notes",
	} {
		if o, err := origin.FromUser(v); err != nil || o.String() != want {
			t.Errorf("%q: got %q, %v; want %q", v, o, err, want)
		}
	}
	for v, part := range map[string]string{
		"":                          "missing",
		"app.example":               "https or http",
		"https://app.example/path":  "path",
		"https://app.example/path?": "a ? or a #",
		"https://app.example/?q":    "a ? or a #",
		"https://app.example#x":     "a ? or a #",
		"https://u:p@app.example":   "user name",
		"https://*.example":         "wildcard",
		"https://exa mple":          "not a site",
		"https://app.example:99999": "from 1 to 65535",
		"https://app.example:0":     "from 1 to 65535",
		"http://0x7f.1":             "write it like 127.0.0.1",
		"http://127.1":              "write it like 127.0.0.1",
		"http://2130706433":         "write it like 127.0.0.1",
		"http://app.example":        "plain http",
		"null":                      "no site of its own",
		"ftp://app.example":         "begins with ftp://",
		"wss://app.example":         "begins with wss://",
		"about:blank":               "no site of its own",
		"data:,":                    "no site of its own",
		"blob:https://app.example":  "no site of its own",
		"File:///home/me/page.html": "no site of its own",
		"https://app.example.":      "write it without",
		"http://localhost.:5173":    "write it without",
		"localhost:5173":            "https or http",
		"app:Notes":                 "lower-case letters",
	} {
		o, err := origin.FromUser(v)
		if err == nil || !o.IsZero() || !strings.Contains(err.Error(), part) {
			t.Errorf("%q: got %q, %v; want an error with %q", v, o, err, part)
		}
	}
}

func TestSiteIsTheRegistrablePart(t *testing.T) {
	for v, want := range map[string]struct {
		site   string
		shared bool
		kind   origin.Kind
	}{
		"https://a.b.example.co.uk":   {"example.co.uk", false, origin.Web},
		"https://someone.github.io":   {"someone.github.io", true, origin.Web},
		"https://app.example":         {"app.example", false, origin.Web},
		"http://localhost:5173":       {"localhost", false, origin.Loopback},
		"https://192.0.2.7":           {"192.0.2.7", false, origin.Web},
		"chrome-extension://abcdefgh": {"abcdefgh", false, origin.Extension},
	} {
		o, err := origin.FromHeader(v)
		if err != nil {
			t.Fatal(err)
		}
		if o.Site() != want.site || o.Shared() != want.shared || o.Kind() != want.kind {
			t.Errorf("%s: site %q shared %v kind %v", v, o.Site(), o.Shared(), o.Kind())
		}
	}
}

// An ID that no browser gives an extension is refused where somebody types it, and only there.
func TestExtensionsThatThereAreNot(t *testing.T) {
	for v, part := range map[string]string{
		"chrome-extension://abcdefghijklmnopabcdefghijklmnop":            "",
		"moz-extension://2c127fa4-62c7-7e4f-90e5-472b45eecfdc":           "",
		"safari-web-extension://ab":                                      "",
		"https://abc.example":                                            "",
		"app:notes":                                                      "",
		"chrome-extension://abc":                                         "32 letters from a to p",
		"chrome-extension://abcdefghijklmnopabcdefghijklmnoq":            "32 letters from a to p",
		"chrome-extension://abcdefghijklmnopabcdefghijklmnopa":           "32 letters from a to p",
		"chrome-extension://2c127fa4-62c7-7e4f-90e5-472b45eecfdc":        "32 letters from a to p",
		"moz-extension://abcdefghijklmnopabcdefghijklmnop":               "in Firefox it is a UUID",
		"moz-extension://2c127fa4-62c7-7e4f-90e5-472b45eecfd":            "in Firefox it is a UUID",
		"moz-extension://2c127fa4-62c7-7e4f-90e5-472b45eecfdg":           "in Firefox it is a UUID",
		"moz-extension://2c127fa462c77e4f90e5472b45eecfdc":               "in Firefox it is a UUID",
		"moz-extension://2c127fa4-62c7-7e4f-90e5-472b45eecfdc-472b45eec": "in Firefox it is a UUID",
	} {
		o, err := origin.FromStored(v)
		if err != nil {
			t.Fatal(err)
		}
		if err := o.Exists(); (err == nil) != (part == "") || err != nil && !strings.Contains(err.Error(), part) {
			t.Errorf("%s: %v", v, err)
		}
	}
}

// What FromUser makes is what FromHeader takes, and FromHeader never changes a byte.
func FuzzOrigin(f *testing.F) {
	for _, s := range []string{"https://app.example", "https://app.example.", "https://APP.example:443", "http://127.0.0.1:6255",
		"http://[::1]:80", "https://xn--bcher-kva.example", "https://a..b", "https://app.example:0", "null", "https://0x7f.1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if o, err := origin.FromHeader(s); err == nil && o.String() != s {
			t.Fatalf("changed %q to %q", s, o)
		}
		if o, err := origin.FromUser(s); err == nil {
			if again, err := origin.FromHeader(o.String()); err != nil || again != o {
				t.Fatalf("%q became %q, which is not canonical: %v", s, o, err)
			}
		}
	})
}

// An app is a name that no header can bring, and no part of it is read as a host.
func TestApps(t *testing.T) {
	o, err := origin.ForApp("my-notes_2.0")
	if err != nil || o.String() != "app:my-notes_2.0" || o.Kind() != origin.App || o.Asks() || o.Loopback() || o.Shared() || o.Host() != "my-notes_2.0" || o.Site() != "my-notes_2.0" {
		t.Errorf("%v %v", o, err)
	}
	if local, err := origin.ForApp("localhost"); err != nil || local.Loopback() || local.Kind() != origin.App {
		t.Errorf("an app called localhost is taken for a page: %v", err)
	}
	var back origin.Origin
	text, _ := o.MarshalText()
	if err := back.UnmarshalText(text); err != nil || back != o {
		t.Errorf("%v, %v", back, err)
	}
	for _, name := range []string{"", "-a", ".a", "A", "a b", "a/b", "a:b", "ä", "a\x00", strings.Repeat("a", 41)} {
		if o, err := origin.ForApp(name); !errors.Is(err, origin.ErrAppName) || !o.IsZero() {
			t.Errorf("%q: %v, %v", name, o, err)
		}
		if o, err := origin.FromStored("app:" + name); err == nil {
			t.Errorf("stored %q: %v", name, o)
		}
	}
	for v, asks := range map[string]bool{"https://app.example": true, "http://localhost:1": true, "chrome-extension://ab": false} {
		if o, err := origin.FromStored(v); err != nil || o.Asks() != asks {
			t.Errorf("%s: %v, %v", v, o.Asks(), err)
		}
	}
}
