package provider_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/oaklock/oaklock/internal/provider"
)

// dollar is one in millionths.
const dollar = 1_000_000

func usage(set func(*provider.Usage)) provider.Usage {
	u := provider.NoUsage
	set(&u)
	return u
}

func TestCost(t *testing.T) {
	sonnet := provider.Price{Input: 3 * dollar, CachedInput: dollar * 3 / 10, CacheWrite: dollar * 375 / 100, CacheWriteHour: 6 * dollar, Output: 15 * dollar, Search: dollar / 100}
	audio := provider.Price{Input: dollar, Output: 2 * dollar, AudioInput: 10 * dollar, AudioOutput: 20 * dollar}
	long := provider.Price{Input: dollar, CachedInput: dollar / 10, Output: 2 * dollar, Long: provider.Long{Above: 100, Input: 2 * dollar, CachedInput: dollar / 5, Output: 3 * dollar}}
	for _, tt := range []struct {
		name  string
		price provider.Price
		usage provider.Usage
		want  int64
	}{
		{"input and output", sonnet, provider.Usage{Input: 1_000_000, Output: 1_000_000}, 18 * dollar},
		{"nothing", sonnet, provider.Usage{}, 0},
		{"rounded up once", provider.Price{Input: 1, Output: 1}, provider.Usage{Input: 1, Output: 1}, 1},
		{"no input reported", sonnet, usage(func(u *provider.Usage) { u.Output = 5 }), -1},
		{"no output reported", sonnet, usage(func(u *provider.Usage) { u.Input = 5 }), -1},
		{"no output charged", provider.Price{Input: dollar}, usage(func(u *provider.Usage) { u.Input = 5 }), 5},
		{"free", provider.Price{}, provider.NoUsage, 0},
		{"from the cache", sonnet, provider.Usage{Input: 1000, CachedInput: 400}, 600*3 + 400*3/10},
		{"into the cache", sonnet, provider.Usage{Input: 1000, CacheWrite: 400}, 600*3 + 400*375/100},
		{"into the cache for an hour", sonnet, provider.Usage{Input: 1000, CacheWrite: 400, CacheWriteHour: 100}, 600*3 + 300*375/100 + 100*6},
		{"parts not reported are the dearest", sonnet, usage(func(u *provider.Usage) { u.Input, u.Output = 1000, 0 }), 1000 * 6},
		{"cached not reported", sonnet, usage(func(u *provider.Usage) { u.Input, u.Output, u.CacheWrite, u.CacheWriteHour = 1000, 0, 0, 0 }), 3000},
		{"more parts than there is", sonnet, provider.Usage{Input: 10, CachedInput: 1000}, 3},
		{"searches", sonnet, provider.Usage{Searches: 3}, 3 * dollar / 100},
		{"audio", audio, provider.Usage{Input: 10, AudioInput: 4, Output: 10, AudioOutput: 10}, 6 + 40 + 200},
		{"audio not reported", audio, usage(func(u *provider.Usage) { u.Input, u.Output = 10, 10 }), 100 + 200},
		{"cached audio counts once, the dear way", provider.Price{Input: dollar, CachedInput: dollar / 2, AudioInput: 10 * dollar}, provider.Usage{Input: 10, CachedInput: 10, AudioInput: 10}, 100},
		{"no reduced price", provider.Price{Input: dollar}, provider.Usage{Input: 10, CachedInput: 10}, 10},
		{"at the threshold", long, provider.Usage{Input: 100, Output: 10}, 120},
		{"a long input", long, provider.Usage{Input: 110, CachedInput: 10, Output: 10}, 200 + 2 + 30},
		{"pictures", provider.Price{Image: dollar / 25}, provider.Usage{Images: 3}, 3 * dollar / 25},
		{"pictures not reported", provider.Price{Image: dollar / 25}, provider.NoUsage, -1},
		{"seconds", provider.Price{Second: 100 * dollar}, provider.Usage{Seconds: 90}, 9000},
		{"characters", provider.Price{Character: 15 * dollar}, provider.Usage{Characters: 100}, 1500},
		{"more than fits", provider.Price{Input: math.MaxInt64}, provider.Usage{Input: math.MaxInt64}, math.MaxInt64},
	} {
		if got := tt.price.Cost(tt.usage); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, got, tt.want)
		}
	}
}

// drawPrice is a price whose parts cost what parts can cost.
func drawPrice(t *rapid.T) provider.Price {
	rate := rapid.Int64Range(0, 1000*dollar)
	p := provider.Price{
		Input: rate.Draw(t, "input"), Output: rate.Draw(t, "output"), CacheWrite: rate.Draw(t, "write"), CacheWriteHour: rate.Draw(t, "hour"),
		AudioInput: rate.Draw(t, "audio in"), AudioOutput: rate.Draw(t, "audio out"), Image: rate.Draw(t, "image"),
		Search: rate.Draw(t, "search"), Second: rate.Draw(t, "second"), Character: rate.Draw(t, "character"),
	}
	p.CachedInput = rapid.Int64Range(0, p.Input).Draw(t, "cached")
	return p
}

// drawUsage is a usage whose parts do not overlap.
func drawUsage(t *rapid.T, name string) provider.Usage {
	n := rapid.Int64Range(0, 1<<30)
	u := provider.Usage{
		CachedInput: n.Draw(t, name+" cached"), CacheWriteHour: n.Draw(t, name+" hour"), AudioInput: n.Draw(t, name+" audio in"),
		AudioOutput: n.Draw(t, name+" audio out"), Images: n.Draw(t, name+" images"), Searches: n.Draw(t, name+" searches"),
		Seconds: n.Draw(t, name+" seconds"), Characters: n.Draw(t, name+" characters"),
	}
	u.CacheWrite = u.CacheWriteHour + n.Draw(t, name+" write")
	u.Input = u.CachedInput + u.CacheWrite + u.AudioInput + n.Draw(t, name+" plain input")
	u.Output = u.AudioOutput + n.Draw(t, name+" plain output")
	return u
}

func sum(a, b provider.Usage) provider.Usage {
	return provider.Usage{
		Input: a.Input + b.Input, Output: a.Output + b.Output, CachedInput: a.CachedInput + b.CachedInput,
		CacheWrite: a.CacheWrite + b.CacheWrite, CacheWriteHour: a.CacheWriteHour + b.CacheWriteHour,
		AudioInput: a.AudioInput + b.AudioInput, AudioOutput: a.AudioOutput + b.AudioOutput, Images: a.Images + b.Images,
		Searches: a.Searches + b.Searches, Seconds: a.Seconds + b.Seconds, Characters: a.Characters + b.Characters,
	}
}

// Two answers cost together what they cost apart, but for the rounding; so more never costs less.
func TestCostAddsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, a, b := drawPrice(t), drawUsage(t, "a"), drawUsage(t, "b")
		apart, together := p.Cost(a)+p.Cost(b), p.Cost(sum(a, b))
		if together > apart || together < apart-1 {
			t.Errorf("apart %d, together %d", apart, together)
		}
		if p.Cost(a) < 0 || together < p.Cost(a) {
			t.Errorf("more costs less: %d, then %d", p.Cost(a), together)
		}
	})
}

// What a provider does not report never makes an answer cheaper.
func TestCostOfWhatIsNotReported(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, u := drawPrice(t), drawUsage(t, "u")
		less := u
		for _, part := range []*int64{&less.CachedInput, &less.CacheWrite, &less.CacheWriteHour, &less.AudioInput, &less.AudioOutput} {
			if rapid.Bool().Draw(t, "left out") {
				*part = -1
			}
		}
		if got, full := p.Cost(less), p.Cost(u); got < full {
			t.Errorf("%+v costs %d, in full %d", less, got, full)
		}
	})
}
