package money_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/oaklock/oaklock/internal/money"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestAmounts(t *testing.T) {
	for in, want := range map[int64][2]string{
		0: {"$0.00", "0.00"}, 1: {"$0.000001", "0.000001"}, 10: {"$0.00001", "0.00001"}, 10_000: {"$0.01", "0.01"}, 100_000: {"$0.10", "0.10"},
		125_000: {"$0.125", "0.125"}, 1_000_000: {"$1.00", "1.00"}, 1_234_560: {"$1.23456", "1.23456"},
		1_234_567_890_000: {"$1,234,567.89", "1234567.89"}, -500_000: {"-$0.50", "-0.50"},
	} {
		if got := [2]string{money.USD(in), money.Plain(in)}; got != want {
			t.Errorf("%d is %q, want %q", in, got, want)
		}
	}
}

func TestCounts(t *testing.T) {
	for in, want := range map[int64]string{0: "0", 7: "7", 999: "999", 1000: "1,000", 1234567: "1,234,567", -5: "-5", -1234: "-1,234", -123: "-123"} {
		if got := money.Count(in); got != want {
			t.Errorf("%d is %s, want %s", in, got, want)
		}
	}
}
