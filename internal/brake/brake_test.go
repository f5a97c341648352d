package brake_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oaklock/oaklock/internal/brake"
	"github.com/oaklock/oaklock/internal/origin"
	"github.com/oaklock/oaklock/internal/store"
)

func always() bool { return true }

func openDB(t testing.TB, dir string) *store.DB {
	t.Helper()
	db, err := store.Open(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func openOn(t testing.TB, db *store.DB, on func() bool) *brake.Brake {
	t.Helper()
	b, err := brake.Open(context.Background(), db, on)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func open(t testing.TB) *brake.Brake {
	t.Helper()
	return openOn(t, openDB(t, filepath.Join(t.TempDir(), "oaklock")), always)
}

func site(t testing.TB, s string) origin.Origin {
	t.Helper()
	o, err := origin.FromHeader(s)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// chat is the shape of a conversation with these turns.
func chat(turns ...string) brake.Shape {
	var messages []string
	for _, text := range turns {
		messages = append(messages, fmt.Sprintf(`{"role":"user","content":%q}`, text))
	}
	return brake.ShapeOf("openai", "POST /chat/completions", "gpt-5-mini", []byte(`{"model":"gpt-5-mini","messages":[`+strings.Join(messages, ",")+`]}`))
}

func TestALoopIsStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := open(t)
		o, other := site(t, "https://app.example"), site(t, "https://other.example")
		for i := range 100 {
			// A loop often differs in a number or a time.
			err := b.Sent(t.Context(), o, chat("Say something. It is "+fmt.Sprint(i*1000)))
			if paused := i >= brake.Repeats-1; errors.Is(err, brake.ErrPaused) != paused || b.Paused(o) != paused {
				t.Fatalf("request %d: %v", i+1, err)
			}
			time.Sleep(time.Second)
		}
		p := b.List()
		if len(p) != 1 || p[0].Origin != o || p[0].Reason != brake.SameRequests || p[0].Count != brake.Repeats {
			t.Errorf("paused: %+v", p)
		}
		if err := b.Sent(t.Context(), other, chat("Say something.")); err != nil || b.Paused(other) {
			t.Errorf("another site: %v", err)
		}
	})
}

func TestWhatIsNoLoop(t *testing.T) {
	for name, next := range map[string]func(i int) (brake.Shape, time.Duration){
		"a slow poll": func(int) (brake.Shape, time.Duration) { return chat("Anything new?"), 2100 * time.Millisecond },
		"a conversation that grows": func(i int) (brake.Shape, time.Duration) {
			return chat(strings.Split(strings.Repeat("What do you mean by that, exactly?\n", i+1), "\n")...), time.Second / 2
		},
		"many texts to translate": func(i int) (brake.Shape, time.Duration) {
			return chat("Translate this.", strings.Repeat("word ", 7*(i%200))), time.Second / 10
		},
		"texts of one length": func(i int) (brake.Shape, time.Duration) {
			return chat(strings.Repeat("a, b ", i%40) + strings.Repeat("a: b ", 40-i%40)), time.Second / 2
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := open(t)
				for i := range 300 {
					shape, pause := next(i)
					if err := b.Sent(t.Context(), site(t, "https://app.example"), shape); err != nil {
						t.Fatalf("request %d: %v", i+1, err)
					}
					time.Sleep(pause)
				}
			})
		})
	}
}

func TestShapesTellWhatDiffers(t *testing.T) {
	one := brake.ShapeOf("openai", "POST /x", "m", []byte(`{"a":1}`))
	for name, other := range map[string]brake.Shape{
		"provider":  brake.ShapeOf("google", "POST /x", "m", []byte(`{"a":1}`)),
		"endpoint":  brake.ShapeOf("openai", "POST /y", "m", []byte(`{"a":1}`)),
		"model":     brake.ShapeOf("openai", "POST /x", "n", []byte(`{"a":1}`)),
		"structure": brake.ShapeOf("openai", "POST /x", "m", []byte(`{"a",1}`)),
		"a border":  brake.ShapeOf("openaiP", "OST /x", "m", []byte(`{"a":1}`)),
	} {
		if other == one {
			t.Errorf("another %s makes no difference", name)
		}
	}
}

func TestErrorAfterErrorIsStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := open(t)
		o := site(t, "https://app.example")
		end := func(failed bool) bool { return b.Ended(t.Context(), o, 0, failed) }
		for i := range 5 * brake.Failures { // one that succeeds now and then: an outage, not a loop
			if end(i%(brake.Failures-1) != 0) {
				t.Fatalf("paused at %d", i)
			}
			time.Sleep(time.Second / 2)
		}
		end(false)
		for range brake.Failures { // slow ones
			if end(true) {
				t.Fatal("slow errors paused it")
			}
			time.Sleep(window / (brake.Failures - 2))
		}
		end(false)
		for i := range brake.Failures {
			if paused := end(true); paused != (i == brake.Failures-1) {
				t.Fatalf("at failure %d paused is %v", i+1, paused)
			}
		}
		if p := b.List(); len(p) != 1 || p[0].Reason != brake.OnlyErrors || p[0].Count != brake.Failures {
			t.Errorf("paused: %+v", p)
		}
	})
}

const window = time.Minute

func TestACostSurgeIsStopped(t *testing.T) {
	for name, c := range map[string]struct {
		hour, minute int64 // cost of each minute of an hour before, and of the minute
		paused       bool
	}{
		"out of nothing":           {0, 1_200_000, true},
		"out of nothing, a little": {0, 900_000, false},
		"five times":               {400_000, 2_200_000, true},
		"four times":               {400_000, 1_600_000, false},
		"five times of little":     {10_000, 200_000, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := open(t)
				o := site(t, "https://app.example")
				for range 60 {
					if b.Ended(t.Context(), o, c.hour, false) {
						t.Fatal("paused by what is usual")
					}
					time.Sleep(time.Minute)
				}
				time.Sleep(time.Minute) // the last of the hour is no part of the minute
				paused := false
				for range 10 {
					paused = b.Ended(t.Context(), o, c.minute/10, false) || paused
					time.Sleep(5 * time.Second)
				}
				if paused != c.paused || b.Paused(o) != c.paused {
					t.Fatalf("paused is %v", paused)
				}
				if p := b.List(); c.paused && (p[0].Reason != brake.CostSurge || p[0].Cost <= brake.SurgeFloor || p[0].Cost > c.minute) {
					t.Errorf("paused: %+v", p)
				}
			})
		})
	}
}

// Whoever lets a site go on is not asked the same again within the hour, and a pause survives a restart until then.
func TestResume(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := openDB(t, filepath.Join(t.TempDir(), "oaklock"))
		b := openOn(t, db, always)
		o := site(t, "https://app.example")
		loop := func() (n int) {
			for n = range 200 {
				if b.Sent(t.Context(), o, chat("again")) != nil {
					break
				}
			}
			return n + 1
		}
		if n := loop(); n != brake.Repeats {
			t.Fatalf("paused after %d", n)
		}
		before := b.List()
		b = openOn(t, db, always)
		if after := b.List(); !b.Paused(o) || len(after) != 1 || !after[0].Time.Equal(before[0].Time.Truncate(time.Millisecond)) || after[0].Reason != brake.SameRequests || after[0].Count != brake.Repeats {
			t.Fatalf("after a restart: %+v, before %+v", after, before)
		}
		if was, err := b.Resume(t.Context(), o); !was || err != nil {
			t.Fatal(was, err)
		}
		if was, err := b.Resume(t.Context(), o); was || err != nil {
			t.Fatal(was, err)
		}
		if n := loop(); n != 200 {
			t.Errorf("paused again after %d", n)
		}
		for range brake.Failures {
			b.Ended(t.Context(), o, 0, true)
		}
		if !b.Paused(o) {
			t.Error("another reason is silent too")
		}
		if _, err := b.Resume(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour + time.Minute)
		if n := loop(); n != brake.Repeats {
			t.Errorf("an hour later it is paused after %d", n)
		}
		if openOn(t, db, func() bool { return false }).Paused(o) {
			t.Error("a brake that is off holds a site")
		}
	})
}

// The brake is off by a setting, and then does nothing.
func TestOff(t *testing.T) {
	on := false
	b := openOn(t, openDB(t, filepath.Join(t.TempDir(), "oaklock")), func() bool { return on })
	o := site(t, "https://app.example")
	for range 100 {
		if err := b.Sent(t.Context(), o, chat("again")); err != nil || b.Ended(t.Context(), o, 10_000_000, true) {
			t.Fatal(err)
		}
	}
	if len(b.List()) != 0 {
		t.Error("somebody is paused")
	}
}
