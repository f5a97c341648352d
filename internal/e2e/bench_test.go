//go:build bench

package e2e_test

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// The comparison of "make bench": the built agent with all that it has on, against a direct connection, a bare
// httputil.ReverseProxy, a tuned one and nginx, each a process of its own, in interleaved rounds of one run. It passes no judgement; the
// figures are for a person, and OAKLOCK_BENCH_TO names the file that they are written to.
//
// The agent is built with the tag "bench", which lifts the limits of requests at once: the others have none, and the
// comparison opens a thousand streams. Nothing else differs.

const rounds = 5

// settle is how long every way rests before it is measured, so that none pays for the figure before: Oaklock writes its log behind
// the requests, and each collects its garbage.
const settle = 500 * time.Millisecond

// way is one way to the provider.
type way struct {
	name   string
	base   string // of HTTP
	socket string // of WebSockets; empty: not measured
	pids   func() []int
}

// figure is a row of the table.
type figure struct {
	name    string
	unit    string
	higher  bool // is better
	added   bool // the direct way's own is taken off
	goal    string
	measure func(t *testing.T, w way) float64
}

var figures = []figure{
	{"latency, one at a time, 1 kB of JSON, p50", "µs", false, true, "≤ 0.75 × bare", latency},
	{"requests per second, 64 at a time", "/s", true, false, "≥ 2 × bare", rate},
	{"first chunk of an event stream, p50", "µs", false, true, "≤ 0.6 × bare", firstChunk},
	{"events per second, 1,000 streams", "/s", true, false, "≥ 1.3 × bare", eventRate},
	{"WebSocket round trip, p50", "µs", false, true, "≤ 1.5 × bare", roundTrip},
	{"memory with 1,000 open streams, over idle", "MB", false, false, "≤ 0.9 × bare", streamMemory},
}

func TestBench(t *testing.T) {
	provider := child(t, "provider")
	ways := []way{
		{"direct", provider.url, provider.url, nil},
		goWay(t, provider, "bare"),
		goWay(t, provider, "tuned"),
		nginxWay(t, provider),
		agentWay(t, provider),
	}
	values := make([][][]float64, len(figures)) // by figure and way
	for i := range figures {
		values[i] = make([][]float64, len(ways))
	}
	for range rounds {
		for i, f := range figures {
			for j, w := range ways {
				if f.unit == "MB" && w.pids == nil {
					continue
				}
				time.Sleep(settle)
				values[i][j] = append(values[i][j], f.measure(t, w))
			}
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "| median of %d rounds |", rounds)
	for _, w := range ways {
		fmt.Fprintf(&b, " %s |", w.name)
	}
	fmt.Fprintln(&b, " Oaklock : bare | goal | Oaklock : tuned | Oaklock : nginx |")
	fmt.Fprintln(&b, strings.Repeat("| --- ", len(ways)+5)+"|")
	for i, f := range figures {
		fmt.Fprintln(&b, benchRow(f, values[i]))
	}
	fmt.Fprintln(&b)
	for _, line := range slices.Concat(ofTheLedger(t, provider), cold(t), ofTheAgent(t), ofTheLog(t), ofTheWindow(t)) {
		fmt.Fprintf(&b, "- %s\n", line)
	}
	t.Log("\n" + b.String())
	if to := os.Getenv("OAKLOCK_BENCH_TO"); to != "" {
		if err := os.WriteFile(to, []byte(page(b.String())), 0o600); err != nil {
			t.Error(err)
		}
	}
}

// benchRow is a line of the table; ratios are of what each way adds, where the direct way takes time itself.
func benchRow(f figure, values [][]float64) string {
	medians := make([]float64, len(values))
	cells := make([]string, 0, len(values)+4)
	for i, v := range values {
		if len(v) == 0 {
			cells = append(cells, "–")
			continue
		}
		medians[i] = median(v)
		cells = append(cells, fmt.Sprintf("%.*f %s", digits(medians[i]), medians[i], f.unit))
	}
	ratio := func(to int) string {
		mine, other := medians[len(medians)-1], medians[to]
		if f.added {
			mine, other = mine-medians[0], other-medians[0]
		}
		return fmt.Sprintf("%.2f", mine/other)
	}
	name := f.name
	if f.added {
		name += " (ratios: of what is added)"
	}
	return "| " + strings.Join(append(append([]string{name}, cells...), ratio(1), f.goal, ratio(2), ratio(3)), " | ") + " |"
}

func digits(v float64) int {
	if v < 100 {
		return 1
	}
	return 0
}

// page is docs/performance.md.
func page(table string) string {
	return "# Performance\n\nWritten by `make bench`, which measures all of it in one run: a direct connection, a bare `httputil.ReverseProxy`, one\n" +
		"that was tuned to keep a connection for every request (the bare one keeps two, and connects anew for the others), nginx, and\n" +
		"Oaklock with all that it has on (admission, grant, limits, a redactor with 8 keys, the log), each a process of its own on the\n" +
		"same machine as the provider and the page that are played. Only the number of requests at once is lifted, since the others have\n" +
		"no such limit. The figures are for this machine and swing by a quarter between runs.\n\n" +
		"Where one request follows the other and the provider is on the same machine, as here, Oaklock waits for what comes within\n" +
		"200 µs without putting its thread to sleep. It takes a third more of the processor for that, and is a third sooner with its\n" +
		"answer. With a provider that is further away, or with several requests at once, it sleeps as everybody does.\n\n" + machine() + "\n\n" + table
}

// machine says what this is measured on.
func machine() string {
	cpu := "unknown processor"
	if b, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		if _, rest, ok := strings.Cut(string(b), "model name"); ok {
			line, _, _ := strings.Cut(rest, "\n")
			cpu = strings.TrimSpace(strings.TrimLeft(line, "\t :"))
		}
	}
	kernel := ""
	if b, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		kernel = ", Linux " + strings.TrimSpace(string(b))
	}
	return fmt.Sprintf("Machine: %d cores, %s%s; %s, %s; %s.", runtime.NumCPU(), cpu, kernel, runtime.Version(), nginxVersion(), time.Now().Format("2 January 2006"))
}

func nginxVersion() string {
	out, _ := exec.Command("nginx", "-v").CombinedOutput() // it speaks on stderr
	_, version, _ := strings.Cut(strings.TrimSpace(string(out)), ": ")
	return version
}

func micros(d []time.Duration) float64 {
	slices.Sort(d)
	return float64(d[len(d)/2].Nanoseconds()) / 1000
}

func median(f []float64) float64 {
	f = slices.Sorted(slices.Values(f))
	return f[len(f)/2]
}

// ofTheAgent is what has no counterpart.
func ofTheAgent(t *testing.T) []string {
	var started []float64
	for range 10 {
		// The file vault costs half a second of scrypt on purpose, so the start is timed with the system's keychain, which is
		// only asked when a key is wanted.
		cmd, took := startBuilt(t, filepath.Join(t.TempDir(), "start"))
		started = append(started, took)
		stop(t, cmd)
	}
	return []string{
		fmt.Sprintf("Listening %.0f ms after the start (median of 10).", median(started)),
		fmt.Sprintf("Memory of an idle agent with the database open: %.1f MB RSS.", idleMemory(t)),
	}
}

func megabytes(t *testing.T, pids []int) (sum float64) {
	for _, pid := range pids {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if err != nil {
			t.Fatal(err)
		}
		_, rest, _ := strings.Cut(string(b), "VmRSS:")
		var kb float64
		if _, err := fmt.Sscan(rest, &kb); err != nil {
			t.Fatal(err)
		}
		sum += kb / 1024
	}
	return sum
}

func passphrase(t *testing.T) string {
	path := filepath.Join(t.TempDir(), "passphrase")
	if err := os.WriteFile(path, []byte("a long passphrase"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func drop(c io.Closer) { _ = c.Close() }
