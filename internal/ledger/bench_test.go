package ledger_test

import (
	"context"
	"testing"
	"time"

	"github.com/oaklock/oaklock/internal/ledger"
)

func BenchmarkReserveSettle(b *testing.B) {
	l, _ := open(b)
	r := request(b, "app.example")
	r.Time = time.Now()
	b.ReportAllocs()
	for b.Loop() {
		h, _ := l.Reserve(context.Background(), r)
		h.Settle(ledger.Outcome{Status: 200})
	}
}

// The hot path alone, below what the disk can follow: bursts that fit into the queue.
func BenchmarkReserveSettleBurst(b *testing.B) {
	l, _ := open(b)
	r := request(b, "app.example")
	r.Time = time.Now()
	n := 0
	for b.Loop() {
		h, _ := l.Reserve(context.Background(), r)
		h.Settle(ledger.Outcome{Status: 200})
		if n++; n%500 == 0 {
			b.StopTimer()
			if _, err := l.Entries(context.Background(), ledger.Filter{Limit: 1}); err != nil {
				b.Fatal(err)
			}
			b.StartTimer()
		}
	}
}

func BenchmarkRefuseFlood(b *testing.B) {
	l, _ := open(b)
	r := request(b, "app.example")
	for b.Loop() {
		l.Refuse(r, 403, "blocked")
	}
}

// BenchmarkVerify is a look at a log of 20,000 lines; a log of 90 days with a thousand requests on each is five times that.
func BenchmarkVerify(b *testing.B) {
	const lines = 20_000
	l, _ := open(b)
	r := request(b, "app.example")
	for range lines {
		h, err := l.Reserve(context.Background(), r)
		if err != nil {
			b.Fatal(err)
		}
		h.Settle(ledger.Outcome{Status: 200})
	}
	for b.Loop() {
		c, err := l.Verify(context.Background(), false)
		if err != nil || c.Break != nil || c.Lines != lines {
			b.Fatal(c, err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/lines, "ns/line")
}
