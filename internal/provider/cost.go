package provider

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
)

// Cost is what a usage costs, in millionths of a US dollar: exact, and rounded up once at the end. It is -1 where the provider
// did not report what is needed: the amount of something that the model charges for. What costs more than an int64 holds
// costs [math.MaxInt64].
//
// A part of the input or the output that was not reported is taken to be as large as makes the answer dearest: nothing came
// from a cache, and all went into one, or was audio, if that costs more. So a provider that reports little never makes a limit
// soft. Searches that were not reported are none; [Asked.Complete] puts in what the request allowed.
//
// Where the provider itself says what the answer costs, that counts if it is more, or nothing else is known: it may have had a
// dearer one of several servers answer.
func (p Price) Cost(u Usage) int64 {
	if u.lacks(p) {
		return u.Billed
	}
	r := p.rates(u.Input)
	if u.CacheWrite >= 0 && u.CacheWriteHour < 0 { // part of a part
		u.CacheWriteHour = 0
		if r.CacheWriteHour > r.CacheWrite {
			u.CacheWriteHour = u.CacheWrite
		}
	}
	var tokens, whole amount
	tokens.split(u.Input, r.Input,
		part{u.CacheWriteHour, r.CacheWriteHour}, part{without(u.CacheWrite, u.CacheWriteHour), r.CacheWrite},
		part{u.AudioInput, r.AudioInput}, part{u.ImageInput, r.ImageInput}, part{u.CachedInput, r.CachedInput})
	tokens.split(u.Output, r.Output, part{u.AudioOutput, r.AudioOutput}, part{u.ImageOutput, r.ImageOutput})
	tokens.add(u.Seconds, p.Second)
	tokens.add(u.Characters, p.Character)
	whole.add(u.Images, p.Image)
	whole.add(u.Searches, p.Search)
	return max(saturated(tokens.dividedBy(1_000_000), whole.dividedBy(1)), u.Billed)
}

// lacks says whether something that the model charges for was not reported.
func (u *Usage) lacks(p Price) bool {
	return u.Input < 0 && max(p.Input, p.AudioInput, p.ImageInput) > 0 || u.Output < 0 && max(p.Output, p.AudioOutput, p.ImageOutput) > 0 ||
		u.Images < 0 && p.Image > 0 || u.Seconds < 0 && p.Second > 0 || u.Characters < 0 && p.Character > 0
}

// rates are those that hold for a request with an input of so many tokens, with every fallback resolved.
func (p Price) rates(input int64) Price {
	if p.Long.Above > 0 && input > p.Long.Above {
		// An hour in a cache costs a multiple of the input too.
		if p.CacheWriteHour > 0 && p.Input > 0 {
			p.CacheWriteHour = p.CacheWriteHour * p.Long.Input / p.Input
		}
		p.Input, p.CachedInput, p.CacheWrite, p.Output = p.Long.Input, p.Long.CachedInput, p.Long.CacheWrite, p.Long.Output
	}
	p.CachedInput = either(p.CachedInput, p.Input)
	p.CacheWrite = either(p.CacheWrite, p.Input)
	p.CacheWriteHour = either(p.CacheWriteHour, p.CacheWrite)
	p.AudioInput = either(p.AudioInput, p.Input)
	p.ImageInput = either(p.ImageInput, p.Input)
	p.AudioOutput = either(p.AudioOutput, p.Output)
	p.ImageOutput = either(p.ImageOutput, p.Output)
	return p
}

func either(rate, fallback int64) int64 {
	if rate > 0 {
		return rate
	}
	return fallback
}

// without is a part less what is part of it in turn; not known if it is not.
func without(n, of int64) int64 {
	if n < 0 || of < 0 {
		return n
	}
	return max(n-of, 0)
}

// part is some of the input or the output, and what it costs.
type part struct{ tokens, rate int64 }

// amount is a sum of tokens times rates. 128 bits hold whatever a provider reports.
type amount struct{ hi, lo uint64 }

func (a *amount) add(n, rate int64) {
	if n <= 0 || rate <= 0 {
		return
	}
	hi, lo := bits.Mul64(uint64(n), uint64(rate)) // neither is negative
	var carry uint64
	a.lo, carry = bits.Add64(a.lo, lo, 0)
	a.hi, _ = bits.Add64(a.hi, hi, carry)
}

// split adds a whole with its parts, the dearest first: parts can overlap (audio that came from a cache), and together they are
// never more than the whole.
func (a *amount) split(whole, rate int64, parts ...part) {
	left := max(whole, 0)
	take := func(p part) {
		n := min(max(p.tokens, 0), left)
		if p.tokens < 0 && p.rate > rate {
			n = left
		}
		a.add(n, p.rate)
		left -= n
	}
	slices.SortStableFunc(parts, func(a, b part) int { return cmp.Compare(b.rate, a.rate) })
	for _, p := range parts {
		take(p)
	}
	a.add(left, rate)
}

// dividedBy is the sum divided by d and rounded up, or the largest int64.
func (a amount) dividedBy(d uint64) int64 {
	lo, carry := bits.Add64(a.lo, d-1, 0)
	hi, _ := bits.Add64(a.hi, 0, carry)
	if hi >= d {
		return math.MaxInt64
	}
	q, _ := bits.Div64(hi, lo, d)
	return int64(min(q, math.MaxInt64)) //nolint:gosec // it fits
}

func saturated(a, b int64) int64 {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}
