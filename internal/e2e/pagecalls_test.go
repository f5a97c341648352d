package e2e_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/oaktest"
)

// pageStatus is what a page reads about itself.
type pageStatus struct {
	Version   string
	State     string
	Providers []struct {
		Provider  string
		Models    []string
		Limits    map[string]int64
		Left      map[string]int64
		DayEnds   int64
		ExpiresAt int64
	}
}

// ask makes a call to /oaklock/v1/.
func (s *story) ask(origin, method, path, body string) answer {
	s.Helper()
	return do(s.call(s.Context(), origin, method, "/oaklock/v1/"+path, body))
}

func (s *story) status(t *testing.T, origin string) (p pageStatus) {
	t.Helper()
	a := s.ask(origin, http.MethodGet, "status", "")
	if a.status != 200 || a.header.Get("Access-Control-Allow-Origin") != origin || a.header.Get("Content-Type") != "application/json" {
		t.Fatalf("the status: %v", a)
	}
	if err := json.Unmarshal([]byte(a.body), &p); err != nil {
		t.Fatal(err)
	}
	oaktest.Scan(t, s.key, a.body)
	return p
}

// A page learns its own state, whatever it is, and nobody else's.
func TestAPageAsksForItsState(t *testing.T) {
	s := begin(t)
	ctx := t.Context()
	is := func(origin, state string, providers int) pageStatus {
		t.Helper()
		p := s.status(t, origin)
		if p.State != state || len(p.Providers) != providers || p.Providers == nil || p.Version != "test" {
			t.Errorf("%s is %+v, want %s", origin, p, state)
		}
		return p
	}
	is(site, "ungranted", 0)
	got := s.chatting(ctx, site)
	q := s.question()
	is(site, "pending", 0)
	is("https://other.example", "ungranted", 0)
	terms := day("gpt-4o-mini", "gpt-4o")
	terms.Limits.RequestsPerMinute = 30
	s.must(nil, s.AnswerAllow(ctx, control.Answer{ID: q.ID, Terms: &terms}))
	<-got
	p := is(site, "granted", 1)
	if g := p.Providers[0]; g.Provider != "openai" || fmt.Sprint(g.Models) != "[gpt-4o-mini gpt-4o]" || g.Limits["costDay"] != 1_000_000 || g.Limits["requestsPerMinute"] != 30 ||
		time.Until(time.UnixMilli(g.ExpiresAt)) < 23*time.Hour {
		t.Errorf("the page reads of its grant %+v", g)
	}
	used, _ := s.spent(t, site)
	if g := p.Providers[0]; used < 1 || g.Left["costDay"] != 1_000_000-used || g.Left["requestsPerMinute"] != 29 || g.Left["costWeek"] != 0 || time.Until(time.UnixMilli(g.DayEnds)) > 25*time.Hour {
		t.Errorf("with %d used the page reads %+v", used, g)
	}
	terms.Limits.CostDay = used
	s.must(nil, s.AllowSite(ctx, control.AllowSite{Origin: site, Providers: []string{"openai"}, Terms: terms}))
	if p := is(site, "over_limit", 1); p.Providers[0].Left["costDay"] != 0 {
		t.Errorf("at the limit the page reads %+v", p)
	}
	terms.Limits.CostDay = used + 1
	s.must(nil, s.AllowSite(ctx, control.AllowSite{Origin: site, Providers: []string{"openai"}, Terms: terms}))
	is(site, "granted", 1)
	s.must(nil, s.Pause(ctx))
	is(site, "paused", 1)
	s.must(nil, s.Lock(ctx))
	is(site, "locked", 1)
	s.must(nil, s.Unlock(ctx, control.Unlock{}))
	is(site, "paused", 1)
	s.must(nil, s.Resume(ctx))
	s.must(nil, s.DenySite(ctx, control.SiteRef{Origin: "https://denied.example"}))
	is("https://denied.example", "denied", 0)
	s.must(nil, s.BlockSite(ctx, control.SiteRef{Origin: "https://blocked.example"}))
	if a := s.ask("https://blocked.example", http.MethodGet, "status", ""); a.status != 403 || a.body != "Forbidden\n" || a.header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("blocked: %v", a)
	}

	if a := s.ask(site, http.MethodDelete, "grant", ""); a.status != 200 || !strings.Contains(a.body, `"state":"ungranted"`) {
		t.Errorf("given back: %v", a)
	}
	if sites, err := s.Sites(ctx); err != nil || len(sites) != 2 {
		t.Errorf("the sites are %+v, %v", sites, err)
	}
	if a := s.ask(site, http.MethodDelete, "grant", ""); a.status != 200 { // nothing to give back is no error
		t.Errorf("given back twice: %v", a)
	}
}

// A page may ask ahead of its first request, for less than everything; the user sees that as the offer.
func TestAPageAsksAheadOfItsFirstRequest(t *testing.T) {
	s := begin(t)
	ctx := t.Context()
	connect := func(origin, body string) (id string) {
		t.Helper()
		a := s.ask(origin, http.MethodPost, "connect", body)
		_, id, _ = strings.Cut(a.body, `{"id":"`)
		id = strings.TrimSuffix(id, `"}`)
		if a.status != 202 || len(id) < 20 {
			t.Fatalf("connect: %v", a)
		}
		return id
	}
	id := connect(site, `{"providers":["openai","mistral"],"models":["gpt-4o-mini"],"limit":{"costDay":250000}}`)
	q := s.await("both wishes", func(st control.State) bool { return len(st.Questions) == 1 && len(st.Questions[0].Providers) == 2 }).Questions[0]
	if len(q.Providers) != 2 || fmt.Sprint(q.Offer.Models) != "[gpt-4o-mini]" || q.Offer.Limits.CostDay != 250_000 || q.Offer.Days != 7 || q.Waiting != 1 {
		t.Errorf("the question is %+v", q)
	}
	if a := s.ask(site, http.MethodGet, "connect/"+id, ""); a.status != 200 || !strings.Contains(a.body, `"state":"pending"`) {
		t.Errorf("without waiting: %v", a)
	}
	for _, path := range []string{"connect/" + id + "0", "connect/", "connect/../status"} {
		if a := s.ask(site, http.MethodGet, path, ""); a.status != 404 {
			t.Errorf("%s: %v", path, a)
		}
	}
	if a := s.ask("https://other.example", http.MethodGet, "connect/"+id, ""); a.status != 404 {
		t.Errorf("another site with the same id: %v", a)
	}
	waiting := make(chan answer, 1)
	go func() { waiting <- s.ask(site, http.MethodGet, "connect/"+id+"?wait=25", "") }()
	s.must(nil, s.AnswerAllow(ctx, control.Answer{ID: q.ID}))
	if a := <-waiting; a.status != 200 || !strings.Contains(a.body, `"state":"granted"`) || !strings.Contains(a.body, `"costDay":250000`) {
		t.Errorf("after the answer: %v", a)
	}
	if a := s.chat(site); a.status != 200 {
		t.Error(a)
	}
	// What is granted already asks nobody.
	id = connect(site, `{"providers":["openai"]}`)
	if a := s.ask(site, http.MethodGet, "connect/"+id+"?wait=25", ""); a.status != 200 || !strings.Contains(a.body, `"state":"granted"`) {
		t.Errorf("asked again: %v", a)
	}
	// More than the offer is never offered.
	connect("https://greedy.example", `{"providers":["openai"],"limit":{"costDay":999000000}}`)
	if q := s.question(); q.Offer.Limits.CostDay != 1_000_000 {
		t.Errorf("the offer is %+v", q.Offer)
	} else {
		s.must(nil, s.AnswerDeny(ctx, control.Answer{ID: q.ID}))
	}
	if a := s.ask("https://greedy.example", http.MethodPost, "connect", `{"providers":["openai"]}`); a.status != 403 || a.code() != "consent_denied" {
		t.Errorf("after the denial: %v", a)
	}
}

// Whoever writes a page reads the sentence, so it must be true of what is wrong.
func TestARefusalOfABodySaysWhatIsWrong(t *testing.T) {
	s := begin(t)
	s.allow(site, "openai")
	const number, model, wish, other = "A number in this request", "The model in this request", "This is not what a page can ask for", "its body is malformed"
	for _, c := range []struct{ path, body, says string }{
		{chatPath, `{"model":"gpt-4o-mini","max_tokens":"5"}`, number},
		{chatPath, `{"model":"gpt-4o-mini","max_tokens":[5]}`, number},
		{chatPath, `{"model":"gpt-4o-mini","max_tokens":1.5}`, number},
		{chatPath, `{"model":"gpt-4o-mini","n":1e9}`, number},
		{chatPath, `{"model":5}`, model},
		{chatPath, `{"model":""}`, model},
		{chatPath, `{"model":"` + strings.Repeat("m", 257) + `"}`, model},
		{chatPath, `{"model":`, other}, {chatPath, `{"max_tokens":[`, other},
		{chatPath, `{"model":"a","model":"b"}`, other},
		{"/oaklock/v1/connect", `{"providers":[]}`, wish},
		{"/oaklock/v1/connect", `{"providers":["openai"` + strings.Repeat(`,"openai"`, 8) + `]}`, wish},
		{"/oaklock/v1/connect", `{"providers":["openai"],"limit":{"costDay":-5}}`, wish},
	} {
		a := do(s.call(t.Context(), site, http.MethodPost, c.path, c.body))
		if a.status != 400 || a.code() != "bad_request" || !strings.Contains(a.body, `"message":"`) || !strings.Contains(a.body, c.says) {
			t.Errorf("%s %.60s: %v", c.path, c.body, a)
		}
	}
	if n := s.provider.Count(); n != 0 {
		t.Errorf("%d requests arrived", n)
	}
}

// What a page asks wrongly changes nothing and asks nobody.
func TestAPageAsksWrongly(t *testing.T) {
	s := begin(t)
	post := func(body string, headers ...string) func() answer {
		return func() answer {
			return do(s.call(t.Context(), site, http.MethodPost, "/oaklock/v1/connect", body, headers...))
		}
	}
	call := func(method, path string) func() answer { return func() answer { return s.ask(site, method, path, "") } }
	for name, c := range map[string]struct {
		ask    func() answer
		status int
		code   string
	}{
		"no JSON":            {post("providers=openai"), 400, "bad_request"},
		"no provider":        {post(`{"providers":[]}`), 400, "bad_request"},
		"a limit below zero": {post(`{"providers":["openai"],"limit":{"costDay":-1}}`), 400, "bad_request"},
		"an unknown field":   {post(`{"providers":["openai"],"origin":"https://bank.example"}`), 400, "bad_request"},
		"a pattern":          {post(`{"providers":["openai"],"models":["gpt-*"]}`), 400, "bad_request"},
		"a blank in a name":  {post(`{"providers":["openai"],"models":["gpt 4"]}`), 400, "bad_request"},
		"too much":           {post(`{"providers":["` + strings.Repeat("x", 20_000) + `"]}`), 400, "bad_request"},
		"too many":           {post(`{"providers":["openai"` + strings.Repeat(`,"openai"`, 8) + `]}`), 400, "bad_request"},
		"an unknown one":     {post(`{"providers":["nobody"]}`), 404, "provider_unknown"},
		"as a form":          {post(`{"providers":["openai"]}`, "Content-Type", "text/plain"), 415, "media_type"},
		"a GET that asks":    {call("GET", "connect"), 404, "endpoint_unknown"},
		"a GET that revokes": {call("GET", "grant"), 404, "endpoint_unknown"},
		"a POST of status":   {call("POST", "status"), 404, "endpoint_unknown"},
		"the user's calls":   {call("GET", "state"), 404, "endpoint_unknown"},
		"and their acts":     {call("POST", "sites/allow"), 404, "endpoint_unknown"},
	} {
		if a := c.ask(); a.status != c.status || a.code() != c.code {
			t.Errorf("%s: %v", name, a)
		}
	}
	st, err := s.State(t.Context())
	if err != nil || len(st.Questions)+len(st.Missed)+st.Sites > 0 {
		t.Errorf("%+v, %v", st, err)
	}
	s.must(nil, s.Lock(t.Context()))
	if a := post(`{"providers":["openai"]}`)(); a.status != 423 || a.code() != "locked" {
		t.Errorf("locked: %v", a)
	}
}
