// Papers writes what goes with the programs into a package and is made from them: the manual, the completions of the
// shells, and the licences of everything that is in them.
//
//	go run ./build/papers -version 0.1.0 -epoch 1795577868 -into build/tmp/stage/usr/share
//
// The same code gives the same bytes: the day in the manual is that of epoch.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"github.com/oaklock/oaklock/internal/cli"
)

func main() {
	version := flag.String("version", "", "of Oaklock")
	epoch := flag.Int64("epoch", 0, "the day of the manual, in seconds since 1970")
	into := flag.String("into", "", "a folder like /usr/share")
	licences := flag.String("licences", "", "write the licences into this file instead")
	flag.Parse()
	var err error
	switch {
	case *licences != "":
		err = writeLicences(*licences)
	case *into != "" && *version != "":
		root := cli.Commands(*version)
		if err = writeManual(root, filepath.Join(*into, "man", "man1"), *version, time.Unix(*epoch, 0).UTC()); err == nil {
			err = writeCompletions(root, *into)
		}
	default:
		flag.Usage()
		os.Exit(2)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "papers:", err)
		os.Exit(1)
	}
}

// writeManual writes one page for each command, oaklock-keys-add.1 for "oaklock keys add".
func writeManual(root *cobra.Command, dir, version string, day time.Time) error {
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // everybody may read it
		return err
	}
	// Pages name each other under "SEE ALSO"; the line that names the generator and the day again says nothing more.
	root.DisableAutoGenTag = true
	setApart(root)
	// The version alone: with the name before it, that of a development build runs into the date beside it.
	err := doc.GenManTree(root, &doc.GenManHeader{Section: "1", Date: &day, Source: version, Manual: "Oaklock"}, dir)
	if err != nil {
		return err
	}
	pages, err := filepath.Glob(filepath.Join(dir, "*.1"))
	for _, page := range pages {
		err = errors.Join(err, layOut(page))
	}
	if err != nil {
		return err
	}
	return addSections(filepath.Join(dir, root.Name()+".1"), cli.Manual())
}

// setApart gives examples, which help texts indent by two blanks, the four from which on Markdown leaves lines as they are.
func setApart(cmd *cobra.Command) {
	cmd.Long = strings.ReplaceAll(cmd.Long, "\n  ", "\n    ")
	for _, below := range cmd.Commands() {
		setApart(below)
	}
}

var (
	examples = strings.NewReplacer("\n.EX\n", "\n.RS 4\n.EX\n", "\n.EE\n", "\n.EE\n.RE\n")
	option   = regexp.MustCompile(`(?m)^(?:\.PP\n)?(\\fB-.*)\n\t`)
)

// layOut indents the examples of a page, and what its options mean.
func layOut(path string) error {
	page, err := os.ReadFile(path) //nolint:gosec // just written
	if err != nil {
		return err
	}
	text := option.ReplaceAllString(examples.Replace(string(page)), ".TP\n$1\n")
	return os.WriteFile(path, []byte(text), 0o644) //nolint:gosec // everybody may read it
}

// addSections puts what no command's help says into the page of all commands, before the pages that it names.
func addSections(path string, sections []cli.Section) error {
	page, err := os.ReadFile(path) //nolint:gosec // just written
	if err != nil {
		return err
	}
	before, after, found := strings.Cut(string(page), "\n.SH SEE ALSO\n")
	if !found {
		return fmt.Errorf("%s names no other pages, before which the rest would stand", path)
	}
	var b strings.Builder
	b.WriteString(before)
	for _, s := range sections {
		fmt.Fprintf(&b, "\n.SH %s\n", roff.Replace(s.Title))
		if s.Intro != "" {
			fmt.Fprintf(&b, "%s\n", roff.Replace(s.Intro))
		}
		for _, e := range s.Rows {
			fmt.Fprintf(&b, ".TP\n\\fB%s\\fP\n%s\n", roff.Replace(e.Name), roff.Replace(e.Text))
		}
	}
	b.WriteString("\n.SH SEE ALSO\n" + after)
	return os.WriteFile(path, []byte(b.String()), 0o644) //nolint:gosec // everybody may read it
}

// roff makes text mean itself; none of ours begins with a dot.
var roff = strings.NewReplacer(`\`, `\e`, `-`, `\-`, `'`, `\(aq`)

// writeCompletions writes them where each shell looks, as Debian and Fedora have it.
func writeCompletions(root *cobra.Command, share string) error {
	for name, generate := range map[string]func(*bytes.Buffer) error{
		"bash-completion/completions/oaklock": func(b *bytes.Buffer) error { return cli.BashCompletion(root, b, true) },
		"zsh/vendor-completions/_oaklock":     func(b *bytes.Buffer) error { return root.GenZshCompletion(b) },
		"fish/vendor_completions.d/oaklock.fish": func(b *bytes.Buffer) error {
			return root.GenFishCompletion(b, true)
		},
	} {
		var b bytes.Buffer
		if err := generate(&b); err != nil {
			return fmt.Errorf("write the completion %s: %w", name, err)
		}
		path := filepath.Join(share, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // everybody may read it
			return err
		}
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil { //nolint:gosec // everybody may read it
			return err
		}
	}
	return nil
}
