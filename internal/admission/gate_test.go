package admission_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/oaklock/oaklock/internal/admission"
	"github.com/oaklock/oaklock/internal/origin"
)

const page = "https://app.example"

func request(method, target string, headers ...string) *http.Request {
	r := httptest.NewRequest(method, "http://127.0.0.1:6255/", nil)
	r.RequestURI, r.Host = target, "127.0.0.1:6255"
	r.Header.Set("Origin", page)
	for i := 0; i < len(headers); i += 2 {
		switch {
		case headers[i] == "Host":
			r.Host = headers[i+1]
		case headers[i+1] == "":
			r.Header.Del(headers[i])
		default:
			r.Header.Add(headers[i], headers[i+1])
		}
	}
	return r
}

// Each row breaks one rule of an otherwise good request.
func TestGateRefuses(t *testing.T) {
	g := admission.NewGate(6255)
	const path = "/llm/openai/chat/completions"
	for name, c := range map[string]struct {
		r      *http.Request
		status int
	}{
		"CONNECT":                {request("CONNECT", path), 400},
		"TRACE":                  {request("TRACE", path), 400},
		"absolute-form target":   {request("POST", "http://127.0.0.1:6255"+path), 400},
		"asterisk target":        {request("OPTIONS", "*"), 400},
		"two Origins":            {request("POST", path, "Origin", "https://evil.example"), 400},
		"no Host":                {request("POST", path, "Host", ""), 421},
		"Host of another name":   {request("POST", path, "Host", "evil.example:6255"), 421},
		"Host without port":      {request("POST", path, "Host", "127.0.0.1"), 421},
		"Host with another port": {request("POST", path, "Host", "127.0.0.1:80"), 421},
		"Host of a longer port":  {request("POST", path, "Host", "127.0.0.1:62555"), 421},
		"Host before another":    {request("POST", path, "Host", "127.0.0.1:6255.evil.example"), 421},
		"Host behind another":    {request("POST", path, "Host", "evil.localhost:6255"), 421},
		"Host 127.1":             {request("POST", path, "Host", "127.1:6255"), 421},
		"Host 0.0.0.0":           {request("POST", path, "Host", "0.0.0.0:6255"), 421},
		"Host mapped":            {request("POST", path, "Host", "[::ffff:127.0.0.1]:6255"), 421},
		"Host upper case":        {request("POST", path, "Host", "LOCALHOST:6255"), 421},
		"Host trailing dot":      {request("POST", path, "Host", "localhost.:6255"), 421},
		"Host below localhost":   {request("POST", path, "Host", "a.localhost:6255"), 421},
		"prefetch":               {request("GET", path, "Sec-Purpose", "prefetch;anonymous-client-ip"), 403},
		"navigation":             {request("GET", path, "Sec-Fetch-Mode", "navigate"), 403},
		"no-cors":                {request("POST", path, "Sec-Fetch-Mode", "no-cors"), 403},
		"same-origin":            {request("POST", path, "Sec-Fetch-Mode", "same-origin"), 403},
		"image":                  {request("GET", path, "Sec-Fetch-Dest", "image"), 403},
		"frame":                  {request("GET", path, "Sec-Fetch-Dest", "iframe"), 403},
		"no Origin":              {request("POST", path, "Origin", ""), 403},
		"Referer is no Origin":   {request("POST", path, "Origin", "", "Referer", page+"/"), 403},
	} {
		if o, no := g.Check(c.r); no == nil || no.Status != c.status || !o.IsZero() {
			t.Errorf("%s: got %v, %+v; want %d", name, o, no, c.status)
		}
	}
	for _, v := range []string{"null", "", "http://app.example", "https://app.example/", "https://APP.example", "https://app.example.",
		"http://127.0.0.1:6255", "http://localhost:6255", "http://[::1]:6255", "wails://wails", "http://wails.localhost", "https://wails.localhost", "http://wails.localhost:34115", "file://"} {
		r := request("POST", path)
		r.Header["Origin"] = []string{v}
		want := 403
		if o, no := g.Check(r); no == nil || no.Status != want || !o.IsZero() {
			t.Errorf("origin %q: got %v, %+v", v, o, no)
		}
	}
}

func TestGateAdmits(t *testing.T) {
	g := admission.NewGate(6255)
	for _, host := range []string{"127.0.0.1:6255", "localhost:6255", "[::1]:6255"} {
		for _, o := range []string{page, "http://localhost:5173", "chrome-extension://abcdefghijklmnop"} {
			r := request("POST", "/x", "Host", host, "Sec-Fetch-Mode", "cors", "Sec-Fetch-Dest", "empty")
			r.Header.Set("Origin", o)
			if got, no := g.Check(r); no != nil || got.String() != o {
				t.Errorf("%s from %s: %v, %+v", host, o, got, no)
			}
		}
	}
}

func preflight(headers ...string) *httptest.ResponseRecorder {
	r := request("OPTIONS", "/x", append([]string{"Access-Control-Request-Method", "POST"}, headers...)...)
	w := httptest.NewRecorder()
	o, err := origin.FromHeader(page)
	if err != nil {
		panic(err)
	}
	admission.Preflight(w, r, o, []string{"GET", "POST"})
	return w
}

func TestPreflightEchoesCheckedNames(t *testing.T) {
	const asked = "authorization,content-type, x-stainless-lang"
	h := preflight("Access-Control-Request-Headers", asked).Header()
	want := map[string]string{
		"Access-Control-Allow-Origin":  page,
		"Access-Control-Allow-Methods": "GET, POST",
		"Access-Control-Allow-Headers": "authorization, content-type, x-stainless-lang",
		"Access-Control-Max-Age":       "600",
		"Vary":                         "Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
	}
	if len(h) != len(want) {
		t.Errorf("headers beside the listed: %v", h)
	}
	for k, v := range want {
		if h.Get(k) != v {
			t.Errorf("%s: %q, want %q", k, h.Get(k), v)
		}
	}
	for _, bad := range []string{"Authorization", "*", "a b", "x-\r\n", strings.Repeat("a", 65), "", strings.Repeat("a,", 40) + "a"} {
		w := preflight("Access-Control-Request-Headers", bad)
		if w.Header().Get("Access-Control-Request-Headers") != "" || w.Header().Get("Access-Control-Allow-Methods") != "" {
			if bad != "" { // httptest drops an empty one: nothing was asked
				t.Errorf("%q was allowed: %v", bad, w.Header())
			}
		}
	}
}

func TestConstantRefusalNamesNothing(t *testing.T) {
	a, b := httptest.NewRecorder(), httptest.NewRecorder()
	b.Header().Set("Access-Control-Allow-Origin", page) // what an earlier step may have set
	admission.Refuse(a, 403)
	admission.Refuse(b, 403)
	if a.Body.String() != b.Body.String() || len(a.Result().Header) != len(b.Result().Header) {
		t.Errorf("%v %v", a.Result().Header, b.Result().Header)
	}
	for k := range a.Result().Header {
		if strings.HasPrefix(k, "Access-Control-") || k == "Server" {
			t.Errorf("says %s", k)
		}
	}
	if strings.Contains(strings.ToLower(a.Body.String()), "oaklock") {
		t.Error("names the program")
	}
}

// Whatever the headers, an admitted origin is exactly the bytes of the one Origin header, and the Host is ours.
func FuzzGate(f *testing.F) {
	f.Add("127.0.0.1:6255", page, "cors", "empty")
	f.Add("127.0.0.1:6255.evil.example", page, "cors", "empty")
	f.Add("localhost:62555", page, "websocket", "websocket")
	f.Add("localhost:6255", "https://app.example.evil/", "cors", "empty")
	f.Add("localhost:6255", page, "navigate", "empty")
	f.Add("localhost:6255", page, "cors", "document")
	f.Add("[::1]:6255", "null", "cors", "empty")
	g := admission.NewGate(6255)
	f.Fuzz(func(t *testing.T, host, o, mode, dest string) {
		r := request("POST", "/x")
		r.Host = host
		r.Header["Origin"] = []string{o}
		r.Header["Sec-Fetch-Mode"], r.Header["Sec-Fetch-Dest"] = []string{mode}, []string{dest}
		got, no := g.Check(r)
		if no != nil {
			return
		}
		ours := host == "127.0.0.1:6255" || host == "localhost:6255" || host == "[::1]:6255"
		if got.String() != o || !ours || mode != "cors" && mode != "websocket" || dest != "empty" && dest != "websocket" {
			t.Fatalf("admitted %q of %q, %q %q at %q", got, o, mode, dest, host)
		}
	})
}
