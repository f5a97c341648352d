package ledger

import (
	"testing"

	"pgregory.net/rapid"
)

// A record says what went in; cut short at any place, longer, or of another version it is none.
func TestARecordIsReadAsItWasWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		number := func(name string) int64 { return rapid.Int64().Draw(t, name) }
		text := func(name string) string { return rapid.String().Draw(t, name) }
		x := held{id: number("id"), time: number("time"), day: number("day"), origin: text("origin"), provider: text("provider"), endpoint: text("endpoint"),
			model: text("model"), credential: text("credential"), grant: number("grant"), bytesIn: number("bytesIn"), tokens: number("tokens"), cost: number("cost"), priced: 1}
		if rapid.Bool().Draw(t, "done") {
			x.done, x.status, x.millis, x.bytesOut, x.code = 1, number("status"), number("millis"), number("bytesOut"), text("code")
			x.input, x.output, x.cachedInput, x.cacheWrite, x.reasoning = number("input"), number("output"), number("cached"), number("write"), number("reasoning")
			x.settledCost, x.settledTokens, x.estimated = number("settledCost"), number("settledTokens"), 1
		}
		record := x.record(nil)
		var y held
		if !y.read(record) || y != x {
			t.Fatalf("read %+v, want %+v", y, x)
		}
		for n := range record {
			if new(held).read(record[:n]) {
				t.Fatalf("%d of %d bytes are taken for a record", n, len(record))
			}
		}
		if new(held).read(append(record, 0)) {
			t.Error("a longer one is taken for a record")
		}
		if record[0]++; new(held).read(record) {
			t.Error("one of another version is taken for a record")
		}
	})
}

func FuzzRecord(f *testing.F) {
	f.Add([]byte{recordVersion})
	x := held{id: 1, origin: "https://app.example", done: 1, code: "interrupted"}
	f.Add(x.record(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		var x held
		if !x.read(b) {
			return
		}
		var y held
		if !y.read(x.record(nil)) || y != x {
			t.Errorf("%+v, read again %+v", x, y)
		}
	})
}
