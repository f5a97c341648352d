package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/oaklock/oaklock/internal/control"
)

// What a request hears that waits for the user, whatever the user does meanwhile.
func TestWhatAWaitingRequestHears(t *testing.T) {
	s := begin(t)
	ctx := t.Context()
	question := func(f func(context.Context, control.Answer) error) func(string, string) error {
		return func(_, id string) error { return f(ctx, control.Answer{ID: id}) }
	}
	byHand := func(f func(context.Context, control.SiteRef) error) func(string, string) error {
		return func(o, _ string) error { return f(ctx, control.SiteRef{Origin: o}) }
	}
	for name, c := range map[string]struct {
		act    func(origin, id string) error
		status int
		code   string
		missed bool // the question can still be answered
		undo   func() error
	}{
		"allowed": {act: question(s.AnswerAllow), status: 200},
		"allowed by hand": {act: func(o, _ string) error {
			return s.AllowSite(ctx, control.AllowSite{Origin: o, Providers: []string{"openai"}, Terms: day("*")})
		}, status: 200},
		"allowed less": {act: func(_, id string) error {
			less := day("gpt-4o")
			return s.AnswerAllow(ctx, control.Answer{ID: id, Terms: &less})
		}, status: 403, code: "model_denied"},
		"denied":          {act: question(s.AnswerDeny), status: 403, code: "consent_denied"},
		"denied by hand":  {act: byHand(s.DenySite), status: 403, code: "consent_denied"},
		"blocked":         {act: question(s.AnswerBlock), status: 403},
		"blocked by hand": {act: byHand(s.BlockSite), status: 403},
		"paused":          {act: func(_, _ string) error { return s.Pause(ctx) }, status: 423, code: "paused", missed: true, undo: func() error { return s.Resume(ctx) }},
		"locked": {act: func(_, _ string) error { return s.Lock(ctx) }, status: 423, code: "locked", missed: true,
			undo: func() error { return s.Unlock(ctx, control.Unlock{}) }},
		"no questions": {act: func(_, _ string) error { _, err := s.SetSetting(ctx, "questions", "off"); return err }, status: 403, missed: true,
			undo: func() error { _, err := s.SetSetting(ctx, "questions", "on"); return err }},
	} {
		t.Run(name, func(t *testing.T) {
			origin := "https://" + strings.ReplaceAll(name, " ", "-") + ".example"
			served := s.provider.Count()
			one, two := s.chatting(ctx, origin), s.chatting(ctx, origin)
			q := s.await("two waiting requests", func(st control.State) bool {
				return len(st.Questions) == 1 && st.Questions[0].Waiting == 2
			}).Questions[0]
			s.must(nil, c.act(origin, q.ID))
			for _, got := range []<-chan answer{one, two} {
				if a := <-got; a.status != c.status || a.code() != c.code {
					t.Errorf("%v", a)
				}
			}
			if n := s.provider.Count() - served; (n == 2) != (c.status == 200) || (n == 0) != (c.status != 200) {
				t.Errorf("%d requests reached the provider", n)
			}
			// The entries are written as the answers are.
			want := control.Entry{Origin: origin, Status: c.status, Code: c.code}
			if c.status == 403 && c.code == "" {
				want.Code = "unheard"
			}
			for _, e := range s.entries(t)[:2] {
				if e.Origin != want.Origin || e.Status != want.Status || e.Code != want.Code || e.BytesIn != int64(len(chatBody)) {
					t.Errorf("the log has %+v", e)
				}
			}
			// A second answer changes nothing, unless the question is still open.
			late := s.AnswerAllow(ctx, control.Answer{ID: q.ID})
			if no := new(control.Error); c.missed != (late == nil) || late != nil && (!errors.As(late, &no) || no.Code != control.NotFound) {
				t.Errorf("an answer afterwards: %v", late)
			}
			if c.undo != nil {
				s.must(nil, c.undo())
			}
			if c.missed {
				if a := s.chat(origin); a.status != 200 {
					t.Errorf("after the answer: %v", a)
				}
			}
			if st, err := s.State(ctx); err != nil || len(st.Questions)+len(st.Missed) > 0 {
				t.Errorf("these are left: %+v %+v, %v", st.Questions, st.Missed, err)
			}
		})
	}
}

// A question that nobody answered in time can be answered later, and then the page's next request goes through.
func TestAMissedQuestionIsAnsweredLater(t *testing.T) {
	t.Parallel()
	s := begin(t)
	ctx := t.Context()
	s.must(s.SetSetting(ctx, "wait", "1s"))
	if a := s.chat(site); a.status != 408 || a.code() != "consent_pending" {
		t.Fatal(a)
	}
	st, err := s.State(ctx)
	if err != nil || len(st.Missed) != 1 || len(st.Questions) != 0 || st.NeedsYou || st.Missed[0].Deadline != 0 {
		t.Fatalf("%+v, %v", st, err)
	}
	id := st.Missed[0].ID
	s.must(s.SetSetting(ctx, "wait", "60s"))

	// The next request brings it back as it was, and a page that leaves makes it a missed one again.
	there, leave := context.WithCancel(ctx)
	got := s.chatting(there, site)
	if q := s.question(); q.ID != id {
		t.Errorf("the question came back as %s, not %s", q.ID, id)
	}
	leave()
	<-got
	s.await("the question to be missed", func(st control.State) bool { return len(st.Missed) == 1 && len(st.Questions) == 0 })
	s.ended(t, 499, "page_gone")
	s.must(nil, s.AnswerAllow(ctx, control.Answer{ID: strings.ToUpper(id)}))
	if a := s.chat(site); a.status != 200 {
		t.Error(a)
	}
	if s.provider.Count() != 1 {
		t.Errorf("%d requests reached the provider", s.provider.Count())
	}
}

// One question names all that a site asks for; the user may answer a part of it, and the rest goes on waiting.
func TestOneQuestionForTwoProviders(t *testing.T) {
	s := begin(t)
	ctx := t.Context()
	anthropic := make(chan answer, 1)
	openai := s.chatting(ctx, site)
	s.question()
	r := s.call(ctx, site, http.MethodPost, "/llm/anthropic/v1/messages", dialects["anthropic"].body)
	go func() { anthropic <- do(r) }()
	q := s.await("both to wait", func(st control.State) bool { return len(st.Questions) == 1 && st.Questions[0].Waiting == 2 }).Questions[0]
	if len(q.Providers) != 2 || q.Providers[0].ID != "openai" || q.Providers[1].ID != "anthropic" || q.Providers[1].Model != "claude-x" {
		t.Fatalf("%+v", q)
	}
	no := new(control.Error)
	if err := s.AnswerAllow(ctx, control.Answer{ID: q.ID, Providers: []string{"mistral"}}); !errors.As(err, &no) || no.Code != control.BadInput {
		t.Errorf("allowing what was not asked: %v", err)
	}
	s.must(nil, s.AnswerAllow(ctx, control.Answer{ID: q.ID, Providers: []string{"openai"}}))
	if a := <-openai; a.status != 200 {
		t.Error(a)
	}
	rest := s.question()
	if rest.ID == q.ID || len(rest.Providers) != 1 || rest.Providers[0].ID != "anthropic" || rest.Waiting != 1 || fmt.Sprint(rest.Granted) != "[openai]" {
		t.Errorf("what is left: %+v", rest)
	}
	s.must(nil, s.AnswerDeny(ctx, control.Answer{ID: rest.ID}))
	if a := <-anthropic; a.status != 403 || a.code() != "consent_denied" {
		t.Error(a)
	}
	if a := s.chat(site); a.status != 200 {
		t.Errorf("the denial of one provider took the other away: %v", a)
	}
}

// A denial is ten minutes of silence for that provider: the page hears no at once and the user hears nothing.
func TestADenialIsSilence(t *testing.T) {
	s := begin(t)
	ctx := t.Context()
	got := s.chatting(ctx, site)
	before := time.Now()
	s.must(nil, s.AnswerDeny(ctx, control.Answer{ID: s.question().ID}))
	<-got
	for range 5 {
		if a := s.chat(site); a.status != 403 || a.code() != "consent_denied" {
			t.Error(a)
		}
	}
	st, err := s.State(ctx)
	if err != nil || len(st.Questions)+len(st.Missed) > 0 || st.NeedsYou {
		t.Errorf("%+v, %v", st, err)
	}
	sites, err := s.Sites(ctx)
	if err != nil || len(sites) != 1 || sites[0].State != "denied" {
		t.Fatalf("%+v, %v", sites, err)
	}
	until := time.UnixMilli(sites[0].Until)
	if until.Before(before.Add(10*time.Minute).Truncate(time.Millisecond)) || until.After(time.Now().Add(10*time.Minute)) {
		t.Errorf("denied until %v", until)
	}
	s.must(nil, s.UnblockSite(ctx, control.SiteRef{Origin: site}))
	ask := s.chatting(ctx, site)
	if q := s.question(); q.Denials != 0 {
		t.Errorf("after the user let it ask again it has %d denials", q.Denials)
	} else {
		s.must(nil, s.AnswerAllow(ctx, control.Answer{ID: q.ID}))
	}
	if a := <-ask; a.status != 200 {
		t.Error(a)
	}
}

// The permission that counts is the one at the moment of sending: what the user does while the key is fetched, or while a
// long body arrives, is heeded, and nothing reaches the provider.
func TestTheLastLook(t *testing.T) {
	t.Parallel()
	s := begin(t)
	ctx := t.Context()
	for name, c := range map[string]struct {
		act  func() error
		want string
		undo func() error
	}{
		"revoked": {act: func() error { return s.RevokeSite(ctx, control.SiteRef{Origin: site}) }, want: "403 consent_denied"},
		"blocked": {act: func() error { return s.BlockSite(ctx, control.SiteRef{Origin: site}) }, want: "403 "},
		"denied":  {act: func() error { return s.DenySite(ctx, control.SiteRef{Origin: site}) }, want: "403 consent_denied"},
		"narrowed": {act: func() error {
			return s.AllowSite(ctx, control.AllowSite{Origin: site, Providers: []string{"openai"}, Terms: day("gpt-4o")})
		}, want: "403 model_denied"},
		"paused": {act: func() error { return s.Pause(ctx) }, want: "423 paused", undo: func() error { return s.Resume(ctx) }},
		"locked": {act: func() error { return s.Lock(ctx) }, want: "423 locked", undo: func() error { return s.Unlock(ctx, control.Unlock{}) }},
	} {
		t.Run(name, func(t *testing.T) {
			undo := func() {
				if c.undo != nil {
					s.must(nil, c.undo())
				}
				s.allow(site, "openai")
			}
			undo()
			s.must(nil, s.Lock(ctx)) // so that the next request fetches the key
			s.must(nil, s.Unlock(ctx, control.Unlock{}))
			acted := make(chan error, 1)
			s.vault.beforeGet(func() {
				if name == "locked" { // which waits for the vault
					go func() { acted <- c.act() }()
					s.await("the lock", func(st control.State) bool { return st.State == "locked" })
				} else {
					acted <- c.act()
				}
			})
			a := s.chat(site)
			if got := fmt.Sprint(a.status, " ", a.code()); got != c.want {
				t.Errorf("while the key was fetched: %v", a)
			}
			if err := <-acted; err != nil {
				t.Error(err)
			}
			undo()

			if name != "revoked" && name != "locked" {
				return // one way of each kind is enough for so many bytes
			}
			finish := s.upload(t)
			s.must(nil, c.act())
			a = finish()
			if got := fmt.Sprint(a.status, " ", a.code()); got != c.want {
				t.Errorf("while the body came: %v", a)
			}
			undo()
		})
	}
	if n := s.provider.Count(); n > 0 {
		t.Errorf("%d requests reached the provider", n)
	}
}

// upload sends most of a long request: by far more than sockets hold, so that Oaklock has begun to read it, for which the
// grant was looked up. finish sends the rest.
func (s *story) upload(t *testing.T) (finish func() answer) {
	t.Helper()
	start, end := `{"model":"gpt-4o-mini","messages":[{"role":"user","content":"`+strings.Repeat("x", 20<<20), `"}]}`
	body, page := io.Pipe()
	r := s.call(t.Context(), site, http.MethodPost, chatPath, "")
	r.Body, r.ContentLength = body, int64(len(start)+len(end))
	got := make(chan answer, 1)
	go func() { got <- do(r) }()
	if _, err := io.WriteString(page, start); err != nil {
		t.Fatal("Oaklock did not read the body: ", err)
	}
	return func() answer {
		_, _ = io.WriteString(page, end) // refused already, perhaps
		_ = page.Close()
		return <-got
	}
}
