//go:build bench

package ledger

import "os"

// One of the agents that are compared runs without the ledger.
var without = os.Getenv("OAKLOCK_BENCH_WITHOUT_LEDGER") != ""
