//go:build real

package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/oaklock/oaklock/internal/oaktest"
	"github.com/oaklock/oaklock/internal/oaktest/desktop"
)

var update = flag.Bool("update", false, "make the golden pictures of the window anew")

// The production window looks as it did when somebody last looked at it: its main screens in both themes, each beside a golden
// picture. "make golden" makes them anew where a change was meant.
func TestLooks(t *testing.T) {
	for day := ""; day != time.Now().Format(time.DateOnly); { // once more over midnight, at which what was used today is gone
		day = time.Now().Format(time.DateOnly)
		t.Run(day, looks)
	}
}

func looks(t *testing.T) {
	p := install(t)
	p.key += "Qr7t" // the window shows the end
	p.model = oaktest.NewProvider(t, oaktest.ProviderOptions{Key: p.key})
	p.drawsAlike()
	p.start()
	ctx := p.within(6 * time.Minute)
	p.oaklock()
	l := newLook(ctx, p)
	p.desktop.Find(ctx, desktop.Heading, "Your keys, on your terms")
	l.see("first")
	p.oaklock("settings", "set", "first_steps", "done")
	p.addKeys()
	p.lived(ctx)

	view := func(name string) {
		p.desktop.Click(ctx, desktop.Link, name)
		p.desktop.Find(ctx, desktop.Heading, name)
	}
	right := func(tops ...int) (used []image.Rectangle) { // when a site was used last
		for _, y := range tops {
			used = append(used, image.Rect(770, y, 904, y+21))
		}
		return used
	}
	p.desktop.Find(ctx, desktop.Heading, "Oaklock is on for 3 sites, with 4 keys.")
	l.see("overview", image.Rect(240, 505, 640, 530)) // the endpoint
	view("Sites")
	l.see("sites", right(266, 347, 428)...)
	p.desktop.Click(ctx, desktop.Button, "https://write.example *")
	p.desktop.Find(ctx, desktop.Button, "Revoke OpenAI")
	l.see("site", append(right(266, 522, 603), image.Rect(478, 333, 700, 352), image.Rect(326, 352, 700, 372), image.Rect(470, 378, 718, 397))...)
	p.oaklock("apps", "add", "notes-plugin", "--provider", "openai", "--models", "*", "--limit", "0.50/day", "--for", "30d")
	p.desktop.Click(ctx, desktop.Link, "Apps on this machine*")
	p.desktop.Find(ctx, desktop.Button, "Remove notes-plugin")
	// When it was added and allowed, until when, its key's end, and the time that is left of the day.
	l.see("apps", image.Rect(250, 266, 580, 287), image.Rect(408, 331, 580, 350), image.Rect(250, 350, 580, 369), image.Rect(500, 374, 720, 394))
	p.oaklock("apps", "remove", "notes-plugin", "--yes")
	view("Keys")
	var added []image.Rectangle
	for y := 217; y < 600; y += 100 {
		added = append(added, image.Rect(340, y, 660, y+20), image.Rect(335, y+20, 660, y+40)) // and where the test's provider is
	}
	l.see("keys", added...)
	view("Activity")
	l.see("activity", image.Rect(250, 222, 560, 242), image.Rect(285, 441, 905, 457)) // since when, and the days
	p.desktop.Press("End")
	l.see("log", image.Rect(245, 77, 318, 609)) // when, and how long it took
	view("Settings")
	l.see("settings")
	p.desktop.Press("Next")
	p.desktop.ClickAway(ctx, desktop.Link, "What models cost…")
	p.desktop.Find(ctx, desktop.Heading, "What models cost")
	var read []image.Rectangle // when; in another year with the year
	for _, y := range []int{381, 475, 589, 683} {
		read = append(read, image.Rect(246, y, 545, y+38))
	}
	l.see("prices", read...)
	p.desktop.Click(ctx, desktop.Link, "Overview")
	p.oaklock("lock")
	p.desktop.Find(ctx, desktop.Heading, "Oaklock is locked.")
	l.see("locked", image.Rect(240, 475, 640, 500))
	p.oaklock("unlock")
	_ = p.ask(ctx, "https://team.example")
	p.desktop.Find(ctx, desktop.Dialog, "A site asks")
	p.desktop.Find(ctx, desktop.Button, "Allow") // awake
	l.see("question", image.Rect(310, 205, 600, 230), image.Rect(240, 635, 640, 655))
	l.done()
}

// drawsAlike makes the window draw the same letters on every machine.
func (p *program) drawsAlike() {
	p.Helper()
	fonts, err := os.ReadFile(filepath.Join(oaktest.ModuleRoot(p), "frontend", "tests", "fonts.conf"))
	if err != nil {
		p.Fatal(err)
	}
	const gtk = "[Settings]\ngtk-font-name=DejaVu Sans 10\ngtk-xft-antialias=1\ngtk-xft-hinting=0\ngtk-xft-rgba=none\ngtk-xft-dpi=98304\n"
	for name, text := range map[string]string{"fontconfig/fonts.conf": string(fonts), "gtk-3.0/settings.ini": gtk} {
		file := filepath.Join(p.bus.Home, "config", name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			p.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			p.Fatal(err)
		}
	}
}

// look compares what is on the screen with the golden pictures.
type look struct {
	*program
	ctx    context.Context
	id     string // the window's
	golden string // their folder
	wrong  string // the folder for what does not look like them
	judge  func(golden, taken string) verdict
	seen   []string
}

type verdict struct {
	Apart float64 `json:"apart"` // the share that a person could tell apart
	Like  bool    `json:"like"`
}

// newLook starts what judges: the same code that judges the pictures of the interface in a browser.
func newLook(ctx context.Context, p *program) *look {
	p.Helper()
	root := oaktest.ModuleRoot(p)
	l := &look{program: p, ctx: ctx, golden: filepath.Join("testdata", "looks"), wrong: filepath.Join(root, "build", "tmp", "looks")}
	for _, dir := range []string{l.golden, l.wrong} {
		if err := os.MkdirAll(dir, 0o750); err != nil {
			p.Fatal(err)
		}
	}
	node := exec.CommandContext(ctx, "node", "tests/judge.mjs")
	node.Dir, node.Stderr, node.WaitDelay = filepath.Join(root, "frontend"), os.Stderr, 5*time.Second
	in, err := node.StdinPipe()
	if err != nil {
		p.Fatal(err)
	}
	out, err := node.StdoutPipe()
	if err != nil {
		p.Fatal(err)
	}
	if err := node.Start(); err != nil {
		p.Fatal(err)
	}
	p.Cleanup(func() {
		_ = in.Close()  // which ends it
		_ = node.Wait() // it has said all that it had to say
	})
	ask, answer := json.NewEncoder(in), json.NewDecoder(out)
	l.judge = func(golden, taken string) (v verdict) {
		golden, err := filepath.Abs(golden)
		if err == nil {
			err = ask.Encode(map[string]any{"golden": golden, "taken": taken, "write": *update})
		}
		if err == nil {
			err = answer.Decode(&v)
		}
		if err != nil {
			p.Fatal("the picture was not judged: ", err)
		}
		return v
	}
	l.id = p.desktop.WindowID(ctx, "Oaklock")
	return l
}

// see compares a screen with its golden pictures, but for what differs from run to run: times and ports.
func (l *look) see(name string, differing ...image.Rectangle) {
	l.Helper()
	l.desktop.Away()
	for _, theme := range []string{"light", "dark"} {
		l.oaklock("settings", "set", "theme", theme)
		file := name + "-" + theme + ".png"
		taken := filepath.Join(l.wrong, file)
		l.seen = append(l.seen, file)
		if *update {
			l.rests(taken, differing)
		}
		var v verdict
		// Nobody says when a web engine has painted all. What never comes to look as it should is wrong.
		for until := time.Now().Add(10 * time.Second); !v.Like && time.Now().Before(until); {
			l.take(taken, differing)
			v = l.judge(filepath.Join(l.golden, file), taken)
		}
		if !v.Like {
			l.Errorf("%.2f %% of %s differ; what is there now is %s. If it is meant: make golden", 100*v.Apart, file, taken)
			continue
		}
		if err := os.Remove(taken); err != nil {
			l.Fatal(err)
		}
	}
}

// rests waits until nothing has changed for a while.
func (l *look) rests(file string, differing []image.Rectangle) {
	l.Helper()
	var before []byte
	for since := time.Now(); time.Since(since) < 3*time.Second; {
		if now := l.take(file, differing); !bytes.Equal(now, before) {
			before, since = now, time.Now()
		}
	}
}

// take writes a picture of the window, with what differs from run to run painted over.
func (l *look) take(file string, differing []image.Rectangle) []byte {
	l.Helper()
	l.desktop.Portrait(l.ctx, l.id, file)
	b, err := os.ReadFile(file)
	if err != nil {
		l.Fatal(err)
	}
	drawn, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		l.Fatal(err)
	}
	size := drawn.Bounds()
	picture := image.NewRGBA(size)
	draw.Draw(picture, size, drawn, size.Min, draw.Src)
	for _, r := range append(slices.Clone(differing), image.Rect(950, 0, 960, 720)) { // the bar beside what can be scrolled comes and goes
		draw.Draw(picture, r, image.NewUniform(color.Gray{Y: 128}), image.Point{}, draw.Src)
	}
	var out bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&out, picture); err != nil {
		l.Fatal(err)
	}
	if err := os.WriteFile(file, out.Bytes(), 0o600); err != nil {
		l.Fatal(err)
	}
	return out.Bytes()
}

// done sees that there are no pictures of what there is no more.
func (l *look) done() {
	l.Helper()
	all, err := filepath.Glob(filepath.Join(l.golden, "*"))
	if err != nil {
		l.Fatal(err)
	}
	for _, file := range all {
		if slices.Contains(l.seen, filepath.Base(file)) {
			continue
		}
		if !*update {
			l.Errorf("%s is a picture of nothing that was seen", file)
		} else if err := os.Remove(file); err != nil {
			l.Fatal(err)
		}
	}
}
