package e2e_test

import (
	"net/http"
	"testing"

	"github.com/gorilla/websocket"

	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/oaktest"
	"github.com/oaklock/oaklock/internal/provider"
)

// A model of OpenAI's whose answers cost, and what one of them can cost: 32,000 tokens read at $32 a million, and 4,096 spoken
// at $64.
const (
	pricedPath = "/llm/openai/realtime?model=gpt-realtime-1.5"
	worstTurn  = 32_000*32 + 4_096*64
	// fakeTurn is what the fake provider reports: 8 tokens at $4 and 4 from a cache at $0.40, and 8 at $16, rounded up.
	fakeTurn = 162
)

// allowUpTo gives the site a grant with this limit of cost a day, in millionths of a dollar.
func (s *story) allowUpTo(origin string, limit int64) {
	s.Helper()
	terms := day("*")
	terms.Limits = control.Limits{CostDay: limit}
	s.must(nil, s.AllowSite(s.Context(), control.AllowSite{Origin: origin, Providers: []string{"openai"}, Terms: terms}))
}

// spent is what the site has used today, and what it holds.
func (s *story) spent(t *testing.T, origin string) (used, held int64) {
	t.Helper()
	sites, err := s.Sites(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, site := range sites {
		if site.Origin == origin {
			return site.Grants[0].Used.CostDay, site.Grants[0].Held.CostDay
		}
	}
	t.Fatalf("%s has no grant", origin)
	return 0, 0
}

func TestAWebSocketNeedsRoomForAnAnswer(t *testing.T) {
	s := begin(t)
	s.allowUpTo(site, worstTurn-1)
	if _, no := s.dial(t.Context(), site, pricedPath, browserProtocols...); no.status != http.StatusPaymentRequired || no.code() != "budget_exhausted" {
		t.Errorf("the page got %v", no)
	}
	if n := s.provider.Count(); n != 0 {
		t.Errorf("the provider heard of it %d times", n)
	}
}

// Each answer is reserved, settled at what the provider reports, and a line of the log; when there is no room for another, the
// page has the answer and then reads why it ends.
func TestAWebSocketEndsAtTheLimit(t *testing.T) {
	s := begin(t)
	s.allowUpTo(site, worstTurn+fakeTurn)
	c := s.connect(site, pricedPath, browserProtocols...)
	c.hears("session.created")
	for n := range 2 {
		if used, held := s.spent(t, site); used != int64(n)*fakeTurn || held != worstTurn {
			t.Errorf("before answer %d: %d used, %d held", n, used, held)
		}
		c.say(`{"type":"response.create"}`)
		c.hears("response.created")
		for range 3 {
			c.hears("delta")
		}
		c.hears("response.done")
	}
	c.isClosed(websocket.ClosePolicyViolation, "budget_exhausted: The user's limit for this site")
	s.await("the end", func(st control.State) bool { return len(st.Running) == 0 })
	if used, held := s.spent(t, site); used != 2*fakeTurn || held != 0 {
		t.Errorf("in the end: %d used, %d held", used, held)
	}
	lines := s.everything(t)
	if len(lines) != 2 || lines[0].Cost != fakeTurn || lines[1].Cost != fakeTurn || lines[0].Input != 12 || lines[0].Output != 8 || lines[0].Estimated {
		t.Errorf("the log has %+v", lines)
	}
}

// What the provider never reported took all that was reserved for it.
func TestAnAnswerThatNeverEndedCountsAsAWhole(t *testing.T) {
	s := begin(t)
	s.allowUpTo(site, 2*worstTurn)
	s.provider.Next(oaktest.Talk(func(_ *oaktest.Provider, _ *http.Request, c *websocket.Conn) {
		for {
			if _, _, err := c.ReadMessage(); err != nil {
				return
			}
			if c.WriteMessage(websocket.TextMessage, []byte(`{"type":"response.created","response":{"usage":null}}`)) != nil {
				return
			}
		}
	}))
	c := s.connect(site, pricedPath, browserProtocols...)
	// The words in a text of the page's own are no answer, however they are written.
	c.say(`{"type":"response.cre\u0061te"}`)
	c.hears("response.created")
	if used, held := s.spent(t, site); used != 0 || held != worstTurn {
		t.Errorf("one answer: %d used, %d held", used, held)
	}
	c.say(`{"type":"response.create","response":{"conversation":"none"}}`)
	c.hears("response.created")
	if used, held := s.spent(t, site); used != 0 || held != 2*worstTurn {
		t.Errorf("two answers: %d used, %d held", used, held)
	}
	c.say(`{"type":"response.create","response":{"conversation":"none"}}`)
	c.isClosed(websocket.ClosePolicyViolation, "budget_exhausted: ")
	s.await("the end", func(st control.State) bool { return len(st.Running) == 0 })
	if used, held := s.spent(t, site); used != 2*worstTurn || held != 0 {
		t.Errorf("in the end: %d used, %d held", used, held)
	}
	for _, e := range s.everything(t) {
		if e.Cost != worstTurn || !e.Estimated {
			t.Errorf("the log has %+v", e)
		}
	}
}

// A provider that begins an answer by itself, having heard somebody speak, is held to the limit too.
func TestAnswersThatNobodyAskedFor(t *testing.T) {
	s := begin(t)
	s.allowUpTo(site, worstTurn)
	s.provider.Next(oaktest.Talk(func(_ *oaktest.Provider, _ *http.Request, c *websocket.Conn) {
		for range 2 {
			if c.WriteMessage(websocket.TextMessage, []byte(`{"type":"response.created","response":{"usage":null}}`)) != nil {
				return
			}
		}
		_, _, _ = c.ReadMessage()
	}))
	c := s.connect(site, pricedPath, browserProtocols...)
	c.hears("response.created")
	c.hears("response.created")
	c.isClosed(websocket.ClosePolicyViolation, "budget_exhausted: ")
}

// The words that tell of answers mean nothing inside what a page has said and the provider repeats.
func TestTurnsAreNotMadeOfWords(t *testing.T) {
	r, err := provider.Default().Socket("/llm/openai/realtime")
	if err != nil {
		t.Fatal(err)
	}
	for message, want := range map[string]provider.Turn{
		`{"type":"response.created"}`: provider.TurnBegun,
		`{"event_id":"x","response":{"id":"response.created"},"type":"response.done"}`:             provider.TurnEnded,
		`{"type":"error","error":{"type":"response.done"}}`:                                        provider.TurnRefused,
		`{"type":"conversation.item.added","item":{"content":[{"text":"response.done"}]}}`:         provider.TurnGoesOn,
		`{"item":{"type":"response.done","metadata":{"type":"error"}},"type":"conversation.item"}`: provider.TurnGoesOn,
		`"response.done"`: provider.TurnGoesOn,
		``:                provider.TurnGoesOn,
	} {
		if got := r.Turn([]byte(message)); got != want {
			t.Errorf("%s: %v, want %v", message, got, want)
		}
	}
}
