package ledger

import (
	"encoding/binary"

	"github.com/oaklock/oaklock/internal/provider"
)

// held is a hold as it is written down: a version, then the fields in a fixed order, numbers as varints (encoding/binary) and
// texts with their length before them. Each request writes it twice; as JSON that took a tenth of its processor time.
type held struct {
	id, time, day                                     int64 // time: milliseconds since 1970 UTC
	origin, provider, endpoint, model, credential     string
	grant, bytesIn, tokens, cost, priced              int64
	done                                              int64 // 0: it is under way, and the rest is not there
	status, millis, bytesOut                          int64
	code                                              string
	input, output, cachedInput, cacheWrite, reasoning int64
	settledCost, settledTokens, estimated             int64
}

// recordVersion is the first byte. A record of another version is none of ours.
const recordVersion = 1

// held is what is written down of a hold under way.
func (h *Hold) held() held {
	r := &h.request
	return held{id: h.id, time: r.Time.UnixMilli(), day: int64(h.day), origin: r.Origin.String(), provider: r.Provider, endpoint: r.Endpoint,
		model: r.Model, credential: r.Credential, grant: grantID(*r), bytesIn: r.BytesIn, tokens: r.Worst.Tokens, cost: r.Worst.Cost, priced: flag(r.Worst.Priced)}
}

// ended is held with how it ended, and what it was settled at.
func (h *Hold) ended() held {
	x, o := h.held(), &h.outcome
	u := &o.Usage
	x.done, x.status, x.millis, x.bytesOut, x.code = 1, int64(o.Status), o.Millis, o.BytesOut, o.Code
	x.input, x.output, x.cachedInput, x.cacheWrite, x.reasoning = u.Input, u.Output, u.CachedInput, u.CacheWrite, u.Reasoning
	x.settledCost, x.settledTokens, x.estimated = h.cost, h.tokens, flag(h.estimated)
	return x
}

// outcome is how it ended, as far as a line says it.
func (x *held) outcome() Outcome {
	u := provider.NoUsage
	u.Input, u.Output, u.CachedInput, u.CacheWrite, u.Reasoning = x.input, x.output, x.cachedInput, x.cacheWrite, x.reasoning
	return Outcome{Status: int(x.status), Code: x.code, Usage: u, Millis: x.millis, BytesOut: x.bytesOut}.clean()
}

// record appends what is written down to b.
func (x *held) record(b []byte) []byte {
	c := coder{b: append(b, recordVersion), writes: true}
	x.fields(&c)
	return c.b
}

// read takes a record apart, and says whether it is a whole one of ours.
func (x *held) read(record []byte) bool {
	if len(record) == 0 || record[0] != recordVersion {
		return false
	}
	c := coder{b: record[1:]}
	x.fields(&c)
	return !c.bad && len(c.b) == 0
}

// fields are what is written, in this order.
func (x *held) fields(c *coder) {
	c.numbers(&x.id, &x.time, &x.day)
	c.texts(&x.origin, &x.provider, &x.endpoint, &x.model, &x.credential)
	c.numbers(&x.grant, &x.bytesIn, &x.tokens, &x.cost, &x.priced, &x.done)
	if x.done == 0 {
		return
	}
	c.numbers(&x.status, &x.millis, &x.bytesOut)
	c.texts(&x.code)
	c.numbers(&x.input, &x.output, &x.cachedInput, &x.cacheWrite, &x.reasoning, &x.settledCost, &x.settledTokens, &x.estimated)
}

// coder writes fields at the end of b, or reads them from its start.
type coder struct {
	b      []byte
	writes bool
	bad    bool // what was read is not what was written
}

func (c *coder) numbers(fields ...*int64) {
	for _, f := range fields {
		if c.writes {
			c.b = binary.AppendVarint(c.b, *f)
			continue
		}
		v, n := binary.Varint(c.b)
		if n <= 0 {
			c.b, c.bad = nil, true
			return
		}
		*f, c.b = v, c.b[n:]
	}
}

func (c *coder) texts(fields ...*string) {
	for _, f := range fields {
		n := int64(len(*f))
		c.numbers(&n)
		if c.writes {
			c.b = append(c.b, *f...)
			continue
		}
		if n < 0 || n > int64(len(c.b)) {
			c.b, c.bad = nil, true
			return
		}
		*f, c.b = string(c.b[:n]), c.b[n:]
	}
}
