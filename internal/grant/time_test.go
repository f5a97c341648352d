package grant_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oaklock/oaklock/internal/grant"
	"github.com/oaklock/oaklock/internal/origin"
	"github.com/oaklock/oaklock/internal/store"
)

func TestGrantsEndOnTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := open(t, profile(t), nil)
		o := site(t, "https://app.example")
		short := allow(t, b, o, until(time.Now().Add(time.Hour)), "openai")
		long := allow(t, b, o, until(time.Now().Add(2*time.Hour)), "google")
		endless := allow(t, b, o, terms(), "mistral")

		time.Sleep(time.Hour - time.Millisecond)
		synctest.Wait()
		if ended(short) {
			t.Error("ended before its time")
		}
		<-short.Done() // nobody looks anything up
		if d := time.Since(short.Given); d != time.Hour {
			t.Errorf("ended after %v", d)
		}
		wantState(t, b, o, "openai", grant.Unknown)
		if s := b.Sites(); len(s) != 1 || !s[0].Grants[2].Expired || s[0].Grants[0].Expired {
			t.Errorf("the expired one is to be seen until it is revoked: %+v", s)
		}
		<-long.Done()
		time.Sleep(1000 * time.Hour)
		if ended(endless) {
			t.Error("a grant without an end has ended")
		}
		noError(t, b.Revoke(context.Background(), o, "openai"))
		if s := b.Sites(); len(s[0].Grants) != 2 {
			t.Errorf("still there: %+v", s)
		}
	})
}

// wallClock is one that tests set, beside the monotonic clock of their bubble.
type wallClock struct{ ahead atomic.Int64 }

func (w *wallClock) now() time.Time { return time.Now().Round(0).Add(time.Duration(w.ahead.Load())) }

func (w *wallClock) set(ahead time.Duration) { w.ahead.Store(int64(ahead)) }

func TestAClockSetBackExtendsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var wall wallClock
		b := open(t, profile(t), wall.now)
		o := site(t, "https://app.example")
		g := allow(t, b, o, until(wall.now().Add(time.Hour)), "openai")
		time.Sleep(30 * time.Minute)
		wall.set(-10 * 24 * time.Hour)
		wantState(t, b, o, "openai", grant.Granted)
		time.Sleep(30*time.Minute - time.Millisecond)
		wantState(t, b, o, "openai", grant.Granted)
		time.Sleep(time.Millisecond)
		wantState(t, b, o, "openai", grant.Unknown)
		if !ended(g) {
			t.Error("Done is open")
		}
	})
}

func TestExpiredStaysExpired(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var wall wallClock
		dir := profile(t)
		db := openDB(t, dir)
		b := openOn(t, db, wall.now)
		o := site(t, "https://app.example")
		g := allow(t, b, o, until(wall.now().Add(time.Hour)), "openai")
		wall.set(time.Hour + time.Second) // found expired only because the clock jumped, as after a sleep
		wantState(t, b, o, "openai", grant.Unknown)
		wall.set(0)
		wantState(t, b, o, "openai", grant.Unknown)
		if !ended(g) {
			t.Error("Done is open")
		}
		synctest.Wait() // the expiry is written by itself: no Close comes before a kill
		killed := openOn(t, db, wall.now)
		wantState(t, killed, o, "openai", grant.Unknown)
		b.Close()
		killed.Close()
		db.Close()
		wall.set(-100 * 24 * time.Hour)
		wantState(t, open(t, dir, wall.now), o, "openai", grant.Unknown)
	})
}

// A clock that once stood in 2050 and was corrected must not end every later grant at once.
func TestAWrongDateInTheFutureIsSurvived(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := profile(t)
		var wall wallClock
		wall.set(24 * 365 * 24 * time.Hour)
		o, p := site(t, "https://app.example"), site(t, "https://other.example")
		db := openDB(t, dir)
		b := openOn(t, db, wall.now)
		allow(t, b, o, until(wall.now().Add(time.Hour)), "openai")
		wall.set(0)
		allow(t, b, p, until(wall.now().Add(48*time.Hour)), "openai")
		if at, err := b.Deny(context.Background(), p, []string{"google"}); err != nil || !at.Equal(time.Now().Add(10*time.Minute)) {
			t.Errorf("denied until %v (%v)", at, err)
		}
		b.Close()
		db.Close()
		time.Sleep(2 * time.Hour) // not running; both lose two hours

		db = openDB(t, dir)
		b = openOn(t, db, wall.now)
		wantState(t, b, o, "openai", grant.Unknown)
		wantState(t, b, p, "openai", grant.Granted)
		time.Sleep(46*time.Hour - time.Second)
		wantState(t, b, p, "openai", grant.Granted)
		time.Sleep(time.Second)
		wantState(t, b, p, "openai", grant.Unknown)
	})
}

// Also where Oaklock is killed a little later, what was used is not shown as never used, or as last used long ago.
func TestAUseAfterALongTimeIsWrittenSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := openDB(t, profile(t))
		b := openOn(t, db, nil)
		o := site(t, "https://app.example")
		allow(t, b, o, terms(), "openai", "google")
		written := func(provider string) (ms int64) {
			t.Helper()
			noError(t, db.SQL().QueryRow("SELECT last_used FROM grant WHERE provider = ?", provider).Scan(&ms))
			return ms
		}
		use := func(provider string, after time.Duration) {
			t.Helper()
			time.Sleep(after)
			b.Used(o, provider)
			used := time.Now().UnixMilli()
			time.Sleep(time.Second)
			synctest.Wait()
			if got := written(provider); got != used {
				t.Errorf("%s after %v: written %d, want %d", provider, after, got, used)
			}
		}
		use("openai", 0)
		b.Used(o, "openai") // waits for its minute, which must not keep the other waiting
		use("google", time.Second)
		use("openai", 2*time.Hour)
		b.Close()
	})
}

func TestLastUseIsWrittenWithinAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := openDB(t, profile(t))
		b := openOn(t, db, nil)
		o := site(t, "https://app.example")
		allow(t, b, o, terms(), "openai")
		written := func() (ms int64) {
			t.Helper()
			noError(t, db.SQL().QueryRow("SELECT last_used FROM grant").Scan(&ms))
			return ms
		}
		b.Used(o, "openai")
		b.Used(o, "never heard of")
		time.Sleep(time.Second)
		synctest.Wait()
		first := written()
		b.Used(o, "openai")
		time.Sleep(time.Minute - time.Second)
		synctest.Wait()
		if written() != first {
			t.Error("written at once")
		}
		b.Used(o, "openai")
		used := time.Now()
		time.Sleep(time.Second)
		synctest.Wait()
		if got := written(); got != used.UnixMilli() {
			t.Errorf("written %d, want %d", got, used.UnixMilli())
		}
		if s := b.Sites(); !s[0].LastUsed.Equal(used) || !s[0].Grants[0].LastUsed.Equal(used) {
			t.Errorf("shown %+v", s)
		}
		allow(t, b, o, terms(), "openai") // a change of terms does not forget it
		if s := b.Sites(); !s[0].LastUsed.Equal(used) {
			t.Errorf("after a change shown %+v", s)
		}
		b.Close()
		if got := written(); got != used.UnixMilli() {
			t.Errorf("after Close %d, want %d", got, used.UnixMilli())
		}
	})
}

func TestApprovalThatCannotBeSaved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := profile(t)
		db := openDB(t, dir)
		b := openOn(t, db, nil)
		o, old := site(t, "https://app.example"), site(t, "https://old.example")
		allow(t, b, old, terms(), "openai")
		release := fillUp(t, db)

		narrow := terms()
		narrow.Models = []string{long(100_000)[:200]}
		for range 500 {
			narrow.Models = append(narrow.Models, long(200))
		}
		err := b.Allow(context.Background(), o, []string{"openai"}, narrow, "window")
		if !errors.Is(err, grant.ErrNotSaved) || !errors.Is(err, store.ErrFull) {
			t.Fatalf("Allow on a full disk says %v", err)
		}
		if s, g := b.Lookup(o, "openai"); s != grant.Granted || !g.UntilQuit {
			t.Errorf("it is %v %+v, want granted until quit", s, g)
		}
		err = b.Allow(context.Background(), old, []string{"openai"}, narrow, "window") // narrows what is on the disk
		if !errors.Is(err, grant.ErrNotSaved) {
			t.Fatalf("Allow on a full disk says %v", err)
		}
		if lost := b.NotSaved(); !slices.Equal(lost, []origin.Origin{o, old}) {
			t.Errorf("not saved are %v", lost)
		}
		release()
		if err := b.Revoke(context.Background(), o, ""); err != nil || !slices.Equal(b.NotSaved(), []origin.Origin{old}) {
			t.Errorf("after one is revoked, not saved are %v, %v", b.NotSaved(), err)
		}
		time.Sleep(time.Minute)
		synctest.Wait() // what was narrowed is taken off the disk as soon as that can be done
		b.Close()
		db.Close()
		b = open(t, dir, nil)
		wantState(t, b, o, "openai", grant.Unknown)
		wantState(t, b, old, "openai", grant.Unknown)
	})
}

// What cannot be written is marked, holds after a kill too, and is written as soon as that can be done. Where there can be no mark
// it is said.
func TestWhatIsTakenAwayIsTakenAwayOnAFullDisk(t *testing.T) {
	for _, marks := range []bool{true, false} {
		t.Run(fmt.Sprint("marks ", marks), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				dir := profile(t)
				if !marks {
					noError(t, errors.Join(store.CheckDir(dir), os.Mkdir(filepath.Join(dir, store.MarksName), 0o700)))
				}
				db := openDB(t, dir)
				b := openOn(t, db, nil)
				ctx := context.Background()
				o, p, n := site(t, "https://app.example"), site(t, "https://blocked.example"), site(t, "https://narrowed.example")
				g, h := allow(t, b, o, terms(), "openai", "mistral"), allow(t, b, p, terms(), "openai")
				allow(t, b, n, terms(), "openai", "mistral")
				release := refuseWrites(t, db)
				said := func(what string, err error) {
					t.Helper()
					if (err == nil) != marks {
						t.Errorf("%s says %v", what, err)
					}
				}
				said("Revoke", b.Revoke(ctx, o, "openai"))
				said("Block", b.Block(ctx, p))
				_, err := b.Deny(ctx, o, []string{"google"})
				said("Deny", err)
				narrow := terms()
				narrow.Models = []string{"gpt-5"}
				if err := b.Allow(ctx, n, []string{"openai"}, narrow, "window"); !errors.Is(err, grant.ErrNotSaved) {
					t.Errorf("Allow says %v", err)
				}
				taken := func(b *grant.Book, openai, google grant.State) {
					t.Helper()
					wantState(t, b, o, "openai", grant.Unknown)
					wantState(t, b, o, "mistral", grant.Granted)
					wantState(t, b, o, "google", google)
					wantState(t, b, p, "openai", grant.Blocked)
					wantState(t, b, n, "openai", openai)
					wantState(t, b, n, "mistral", grant.Granted)
				}
				taken(b, grant.Granted, grant.Denied)
				if !ended(g) || !ended(h) {
					t.Error("Done is open")
				}
				kept, lost := b.Unsaved()
				if !marks {
					kept, lost = lost, kept
				}
				if !slices.Equal(kept, []origin.Origin{o, p, n}) || len(lost) > 0 {
					t.Errorf("unsaved are %v, and otherwise %v", kept, lost)
				}
				if err := b.Unblock(ctx, p); err == nil {
					t.Error("Unblock does not say that it could not be saved")
				}
				wantState(t, b, p, "openai", grant.Blocked)
				if marks { // a second book on the same files sees what a restart after a kill would
					taken(openOn(t, openDB(t, dir), nil), grant.Unknown, grant.Denied)
				}
				time.Sleep(time.Hour)
				release()
				time.Sleep(16 * time.Second)
				synctest.Wait()
				if kept, lost := b.Unsaved(); len(kept)+len(lost) > 0 {
					t.Errorf("with room there are still unsaved: %v %v", kept, lost)
				}
				again := openDB(t, dir)
				if left := again.Marks().Left("site"); len(left) > 0 {
					t.Errorf("marks are left: %v", left)
				}
				taken(openOn(t, again, nil), grant.Unknown, grant.Unknown) // the denial is over
			})
		})
	}
}

// What could not be written goes with the next change that can be, and with the first attempt after a second.
func TestWhatIsPutOffIsWrittenSoon(t *testing.T) {
	for name, room := range map[string]func(*testing.T, *grant.Book, func()){
		"after a second": func(_ *testing.T, _ *grant.Book, release func()) { release(); time.Sleep(time.Second) },
		"with the next change": func(t *testing.T, b *grant.Book, release func()) {
			time.Sleep(time.Hour) // the attempts are far apart by now
			release()
			allow(t, b, site(t, "https://other.example"), terms(), "openai")
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				db := openDB(t, profile(t))
				b := openOn(t, db, nil)
				o := site(t, "https://app.example")
				allow(t, b, o, terms(), "openai")
				release := refuseWrites(t, db)
				noError(t, b.Block(context.Background(), o))
				room(t, b, release)
				synctest.Wait()
				blocks := 0
				noError(t, db.SQL().QueryRow("SELECT count(*) FROM block").Scan(&blocks))
				if kept, lost := b.Unsaved(); blocks != 1 || len(kept)+len(lost) > 0 {
					t.Errorf("%d blocks are written; unsaved: %v %v", blocks, kept, lost)
				}
			})
		})
	}
}

// A mark says nothing about what was allowed after it, and what stands in it that no Oaklock writes gives and breaks nothing.
func TestMarksGiveNothing(t *testing.T) {
	dir := profile(t)
	db := openDB(t, dir)
	b := openOn(t, db, nil)
	o, p := site(t, "https://app.example"), site(t, "https://other.example")
	g := allow(t, b, o, terms(), "openai")
	for name, text := range map[string]string{
		o.String(): fmt.Sprintf(`{"last":%d}`, g.ID-1), "no origin": `{"last":1}`, p.String(): `{"keeps":[7],"last":9,"denied":[{"of":"openai","n":1,"at":-5,"to":9223372036854775807}]}`,
		"https://x.example": "no JSON",
	} {
		noError(t, db.Marks().Put("site", name, []byte(text)))
	}
	after := openOn(t, openDB(t, dir), nil)
	wantState(t, after, o, "openai", grant.Granted)
	wantState(t, after, p, "openai", grant.Unknown)
	if got := after.Sites(); len(got) != 1 {
		t.Errorf("there are %+v", got)
	}
}

// While an approval is being written, the user takes it back.
func TestTakingBackWinsOverAnApprovalInTheMaking(t *testing.T) {
	for name, c := range map[string]struct {
		take func(*grant.Book) error
		want grant.State
	}{
		"revoke all": {func(b *grant.Book) error { return b.Revoke(context.Background(), site(t, "https://app.example"), "") }, grant.Unknown},
		"revoke one": {func(b *grant.Book) error {
			return b.Revoke(context.Background(), site(t, "https://app.example"), "openai")
		}, grant.Unknown},
		"block": {func(b *grant.Book) error { return b.Block(context.Background(), site(t, "https://app.example")) }, grant.Blocked},
		"deny": {func(b *grant.Book) error {
			_, err := b.Deny(context.Background(), site(t, "https://app.example"), []string{"openai"})
			return err
		}, grant.Denied},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				db := openDB(t, profile(t))
				b := openOn(t, db, nil)
				o := site(t, "https://app.example")
				release := holdWriter(t, db)
				allowed, taken := make(chan error, 1), make(chan error, 1)
				go func() {
					allowed <- b.Allow(context.Background(), o, []string{"openai", "google"}, terms(), "window")
				}()
				synctest.Wait() // Allow waits for the disk
				wantState(t, b, o, "openai", grant.Unknown)
				go func() { taken <- c.take(b) }()
				synctest.Wait()
				wantState(t, b, o, "openai", c.want)
				release()
				if err := <-allowed; !errors.Is(err, grant.ErrOvertaken) {
					t.Errorf("Allow says %v, want ErrOvertaken", err)
				}
				noError(t, <-taken)
				wantState(t, b, o, "openai", c.want)
				if s, _ := b.Lookup(o, "google"); s == grant.Granted {
					t.Error("half of the approval is in force")
				}
				wantState(t, openOn(t, db, nil), o, "openai", c.want) // and so it is on the disk
			})
		})
	}
}

// Taking something else away leaves the approval alone.
func TestAnApprovalInTheMakingKeepsWhatElseChanged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := openDB(t, profile(t))
		b := openOn(t, db, nil)
		o := site(t, "https://app.example")
		allow(t, b, o, terms(), "mistral")
		release := holdWriter(t, db)
		results := make(chan error, 3)
		go func() { results <- b.Allow(context.Background(), o, []string{"openai"}, terms(), "window") }()
		synctest.Wait()
		go func() { _, err := b.Deny(context.Background(), o, []string{"google"}); results <- err }()
		go func() { results <- b.Revoke(context.Background(), o, "mistral") }()
		synctest.Wait()
		release()
		for range 3 {
			noError(t, <-results)
		}
		for _, b := range []*grant.Book{b, openOn(t, db, nil)} {
			wantState(t, b, o, "openai", grant.Granted)
			wantState(t, b, o, "google", grant.Denied)
			wantState(t, b, o, "mistral", grant.Unknown)
		}
	})
}

func TestAllowWaitsNoLongerThanItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := openDB(t, profile(t))
		b := openOn(t, db, nil)
		release := holdWriter(t, db)
		first := make(chan error, 1)
		go func() {
			first <- b.Allow(context.Background(), site(t, "https://a.example"), []string{"openai"}, terms(), "window")
		}()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		o := site(t, "https://b.example")
		if err := b.Allow(ctx, o, []string{"openai"}, terms(), "window"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Allow says %v", err)
		}
		wantState(t, b, o, "openai", grant.Unknown)
		release()
		noError(t, <-first)
	})
}
