package consent_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/oaklock/oaklock/internal/consent"
	"github.com/oaklock/oaklock/internal/grant"
	"github.com/oaklock/oaklock/internal/origin"
	"github.com/oaklock/oaklock/internal/provider"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// book stands in for the grant book at the broker's edge: it remembers what was decided and can be slow or fail.
type book struct {
	mu      sync.Mutex
	allowed []string
	denied  []string
	blocked []string
	fail    error
	slow    time.Duration
}

func (b *book) Allow(_ context.Context, o origin.Origin, ids []string, _ grant.Terms, by string) error {
	time.Sleep(b.slow)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fail == nil || errors.Is(b.fail, grant.ErrNotSaved) {
		b.allowed = append(b.allowed, fmt.Sprint(o, ids, by))
	}
	return b.fail
}

func (b *book) Deny(_ context.Context, o origin.Origin, ids []string) (time.Time, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.denied = append(b.denied, fmt.Sprint(o, ids))
	return time.Now().Add(10 * time.Minute), b.fail
}

func (b *book) Block(_ context.Context, o origin.Origin) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.blocked = append(b.blocked, o.String())
	return b.fail
}

var terms = grant.Terms{Classes: []provider.Class{provider.Inference}, Models: []string{"*"}, Limits: grant.Limits{CostDay: 1_000_000}, UntilQuit: true}

func site(t *testing.T, n int) origin.Origin {
	t.Helper()
	o, err := origin.FromHeader(fmt.Sprintf("https://app%d.example", n))
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func broker(b *book) *consent.Broker {
	return consent.New(consent.Options{Book: b, Wait: func() time.Duration { return time.Minute }, Changed: func() {}})
}

// asking starts a request that waits, and gives the channel of its end.
func asking(ctx context.Context, b *consent.Broker, o origin.Origin, provider string) <-chan error {
	end := make(chan error, 1)
	go func() { end <- b.Ask(ctx, o, consent.Wish{Provider: provider, Model: "m"}) }()
	synctest.Wait()
	return end
}

func missed(b *consent.Broker) []consent.Question {
	_, missed := b.All()
	return missed
}

func open(t *testing.T, end <-chan error) {
	t.Helper()
	synctest.Wait()
	select {
	case err := <-end:
		t.Errorf("ended with %v, should wait", err)
	default:
	}
}

func ended(t *testing.T, end <-chan error, want error) {
	t.Helper()
	synctest.Wait()
	select {
	case err := <-end:
		if !errors.Is(err, want) || (want == nil) != (err == nil) {
			t.Errorf("ended with %v, want %v", err, want)
		}
	default:
		t.Error("still waits")
	}
}

// What one request wishes for several providers waits once, while another request waits beside it.
func TestOneCallForSeveralProvidersWaitsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := broker(&book{})
		o := site(t, 1)
		ctx, cancel := context.WithCancel(t.Context())
		var ends []<-chan error
		for range 2 {
			call := new(consent.Call)
			for _, provider := range []string{"openai", "mistral"} {
				end := make(chan error, 1)
				go func() { end <- b.Ask(ctx, o, consent.Wish{Provider: provider, Call: call}) }()
				ends = append(ends, end)
			}
		}
		ends = append(ends, asking(ctx, b, o, "openai"), asking(ctx, b, o, "openai"))
		if qs := b.Questions(); len(qs) != 1 || qs[0].Waiting != 4 || len(qs[0].Wishes) != 2 {
			t.Errorf("questions: %+v", qs)
		}
		cancel()
		for _, end := range ends {
			ended(t, end, context.Canceled)
		}
	})
}

func TestAllowWakesAllOfTheSiteAfterTheGrantIsWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bk := &book{slow: time.Second}
		b := broker(bk)
		o := site(t, 1)
		one, two := asking(t.Context(), b, o, "openai"), asking(t.Context(), b, o, "openai")
		other := asking(t.Context(), b, site(t, 2), "openai")
		qs := b.Questions()
		if len(qs) != 2 || qs[0].Origin != o || qs[0].Waiting != 2 || qs[0].Wishes[0].Provider != "openai" || qs[0].Wishes[0].Model != "m" {
			t.Fatalf("questions: %+v", qs)
		}
		done := make(chan error, 1)
		go func() { done <- b.Allow(t.Context(), qs[0].ID, nil, terms, "window") }()
		open(t, one) // the book is still writing
		if err := b.Allow(t.Context(), qs[0].ID, nil, terms, "window"); !errors.Is(err, consent.ErrNoQuestion) {
			t.Errorf("a second answer: %v", err)
		}
		time.Sleep(2 * time.Second)
		if err := <-done; err != nil {
			t.Error(err)
		}
		ended(t, one, nil)
		ended(t, two, nil)
		open(t, other)
		if fmt.Sprint(bk.allowed) != "[https://app1.example [openai]window]" {
			t.Errorf("written: %v", bk.allowed)
		}
		b.Wake()
		ended(t, other, nil)
	})
}

func TestAllowCoversOnlyWhatTheUserSaw(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := broker(&book{})
		o := site(t, 1)
		seen, joined := asking(t.Context(), b, o, "openai"), asking(t.Context(), b, o, "anthropic")
		id := b.Questions()[0].ID
		if err := b.Allow(t.Context(), id, []string{"google"}, terms, "window"); !errors.Is(err, consent.ErrNotAsked) {
			t.Errorf("a provider that was not asked for: %v", err)
		}
		if err := b.Allow(t.Context(), id, []string{"openai"}, terms, "window"); err != nil {
			t.Fatal(err)
		}
		ended(t, seen, nil)
		open(t, joined)
		qs := b.Questions()
		if len(qs) != 1 || len(qs[0].Wishes) != 1 || qs[0].Wishes[0].Provider != "anthropic" || qs[0].ID == id {
			t.Errorf("what is left: %+v", qs)
		}
		b.Wake()
	})
}

func TestDenyAndBlockWakeAndAreWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bk := &book{}
		b := broker(bk)
		one, two := asking(t.Context(), b, site(t, 1), "openai"), asking(t.Context(), b, site(t, 2), "openai")
		qs := b.Questions()
		if _, err := b.Deny(t.Context(), qs[0].ID); err != nil {
			t.Error(err)
		}
		if err := b.Block(t.Context(), qs[1].ID); err != nil {
			t.Error(err)
		}
		ended(t, one, nil)
		ended(t, two, nil)
		if fmt.Sprint(bk.denied, bk.blocked) != "[https://app1.example [openai]] [https://app2.example]" {
			t.Errorf("%v %v", bk.denied, bk.blocked)
		}
		if len(b.Questions()) != 0 || len(missed(b)) != 0 {
			t.Error("questions are left")
		}
		if _, err := b.Deny(t.Context(), qs[0].ID); !errors.Is(err, consent.ErrNoQuestion) {
			t.Errorf("a late answer: %v", err)
		}
	})
}

func TestSilenceRefusesOnceAndCanStillBeAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bk := &book{}
		b := broker(bk)
		o := site(t, 1)
		slow := asking(t.Context(), b, o, "openai")
		ctx, gone := context.WithCancel(t.Context())
		closed := asking(ctx, b, o, "mistral")
		gone()
		ended(t, closed, context.Canceled)
		open(t, slow)
		time.Sleep(time.Minute)
		ended(t, slow, consent.ErrUnanswered)
		was := missed(b)
		if len(b.Questions()) != 0 || len(was) != 1 || len(was[0].Wishes) != 2 || !was[0].Deadline.IsZero() {
			t.Fatalf("missed: %+v", was)
		}
		again := asking(t.Context(), b, o, "openai") // the client's second try brings it back
		if len(missed(b)) != 0 || b.Questions()[0].ID != was[0].ID {
			t.Error("the question did not come back")
		}
		if err := b.Allow(t.Context(), was[0].ID, nil, terms, "command line"); err != nil {
			t.Error(err)
		}
		ended(t, again, nil)
		if fmt.Sprint(bk.allowed) != "[https://app1.example [openai mistral]command line]" {
			t.Errorf("%v", bk.allowed)
		}
	})
}

func TestMissedQuestionIsForgottenAfterADay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := broker(&book{})
		end := asking(t.Context(), b, site(t, 1), "openai")
		time.Sleep(time.Minute)
		ended(t, end, consent.ErrUnanswered)
		time.Sleep(24 * time.Hour)
		if m := missed(b); len(m) != 0 {
			t.Errorf("%+v", m)
		}
	})
}

func TestFailedWriteLeavesTheQuestion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bk := &book{fail: errors.New("no")}
		b := broker(bk)
		end := asking(t.Context(), b, site(t, 1), "openai")
		id := b.Questions()[0].ID
		if err := b.Allow(t.Context(), id, nil, terms, "window"); err == nil {
			t.Error("said allowed")
		}
		open(t, end)
		if err := b.Allow(t.Context(), id, nil, grant.Terms{}, "window"); !errors.Is(err, grant.ErrTerms) {
			t.Errorf("terms that allow nothing: %v", err)
		}
		bk.fail = grant.ErrNotSaved // holds until quit: the request goes on, and the user is told
		if err := b.Allow(t.Context(), id, nil, terms, "window"); !errors.Is(err, grant.ErrNotSaved) {
			t.Errorf("not saved: %v", err)
		}
		ended(t, end, nil)
	})
}

func TestLimitsOfWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := broker(&book{})
		for n := 1; n <= consent.MaxOrigins; n++ {
			for range consent.MaxPerOrigin {
				asking(t.Context(), b, site(t, n), "openai")
			}
		}
		ended(t, asking(t.Context(), b, site(t, 1), "openai"), consent.ErrTooMany)
		ended(t, asking(t.Context(), b, site(t, 4), "openai"), consent.ErrCrowded)
		if b.Room(site(t, 4)) || !b.Room(site(t, 1)) {
			t.Error("room for a fourth site, or none for the first")
		}
		b.WakeOrigin(site(t, 1))
		if !b.Room(site(t, 4)) {
			t.Error("no room after one has gone")
		}
		b.Wake()
		if n := len(b.Questions()); n != 0 {
			t.Errorf("%d questions after Wake", n)
		}
	})
}

// First answer wins: of many at once exactly one succeeds.
func TestOneAnswerWins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bk := &book{slow: time.Millisecond}
		b := broker(bk)
		end := asking(t.Context(), b, site(t, 1), "openai")
		id := b.Questions()[0].ID
		wins := make(chan string, 30)
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() {
				if b.Allow(t.Context(), id, nil, terms, "window") == nil {
					wins <- "allow"
				}
			})
			all.Go(func() {
				if _, err := b.Deny(t.Context(), id); err == nil {
					wins <- "deny"
				}
			})
			all.Go(func() {
				if b.Block(t.Context(), id) == nil {
					wins <- "block"
				}
			})
		}
		all.Wait()
		if len(wins) != 1 || len(bk.allowed)+len(bk.denied)+len(bk.blocked) != 1 {
			t.Errorf("%d answers won: %v %v %v", len(wins), bk.allowed, bk.denied, bk.blocked)
		}
		ended(t, end, nil)
	})
}

// Whoever looks while questions are missed and come back, over and over, sees each of them once.
func TestAQuestionThatMovesIsSeenOnce(t *testing.T) {
	b := broker(&book{})
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	defer all.Wait()
	defer cancel()
	for n := range consent.MaxOrigins {
		o := site(t, n)
		all.Go(func() {
			for ctx.Err() == nil {
				if err := b.Ask(ctx, o, consent.Wish{Provider: "openai"}); err != nil && !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
			}
		})
	}
	for len(b.Questions()) < consent.MaxOrigins {
		runtime.Gosched()
	}
	all.Go(func() {
		for ctx.Err() == nil {
			b.Wake()
			runtime.Gosched()
		}
	})
	for asOpen, asMissed := 0, 0; asOpen < 50_000 || asMissed < 50_000; runtime.Gosched() {
		waits, was := b.All()
		if len(waits)+len(was) != consent.MaxOrigins {
			t.Fatalf("open %+v, missed %+v", waits, was)
		}
		asOpen += len(waits)
		asMissed += len(was)
	}
}
