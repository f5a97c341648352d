package clock_test

import (
	"testing"
	"time"
	"unsafe"

	"go.uber.org/goleak"

	"github.com/oaklock/oaklock/internal/clock"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// stood is now as it would have been taken before the wall clock alone went on by d: no function of the package time makes one.
func stood(t *testing.T, d time.Duration) time.Time {
	t.Helper()
	now := time.Now()
	then := now
	fields := (*struct { // of time.Time
		wall uint64
		ext  int64 // nanoseconds of the monotonic clock, where the time has one
		loc  *time.Location
	})(unsafe.Pointer(&then))
	fields.ext += int64(d)
	if then.Sub(now) != d || !then.Round(0).Equal(now.Round(0)) {
		t.Fatal("a time has other fields than it had")
	}
	return then
}

func TestAhead(t *testing.T) {
	for _, gone := range []time.Duration{0, time.Second, clock.Tolerance, time.Hour, 9 * time.Hour, -time.Hour} {
		// What passes meanwhile passes on both clocks; the system may be correcting the wall clock by a little.
		if got := clock.Ahead(stood(t, gone)); (got - gone).Abs() > time.Second {
			t.Errorf("the wall clock went %v further, and it says %v", gone, got)
		}
	}
	before := time.Now()
	if got := clock.Ahead(before.Add(-8 * time.Hour)); got.Abs() > time.Second {
		t.Errorf("after eight hours awake it says %v", got)
	}
}
