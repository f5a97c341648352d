package grant_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/oaklock/oaklock/internal/grant"
)

func TestLookupAllocatesNothing(t *testing.T) {
	b := open(t, profile(t), nil)
	o := site(t, "https://app.example")
	allow(t, b, o, until(time.Now().Add(time.Hour)), "openai")
	if n := testing.AllocsPerRun(1000, func() {
		if s, _ := b.Lookup(o, "openai"); s != grant.Granted {
			t.Error(s)
		}
		b.Used(o, "openai")
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkLookup(b *testing.B) {
	book := open(b, profile(b), nil)
	for i := range 100 {
		allow(b, book, site(b, fmt.Sprintf("https://n%d.example", i)), until(time.Now().Add(time.Hour)), "openai", "google")
	}
	o := site(b, "https://n50.example")
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if s, _ := book.Lookup(o, "openai"); s != grant.Granted {
				b.Error(s)
			}
		}
	})
}

func BenchmarkAllow(b *testing.B) {
	book := open(b, profile(b), nil)
	o := site(b, "https://app.example")
	for b.Loop() {
		allow(b, book, o, terms(), "openai")
	}
}
