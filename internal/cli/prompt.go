package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/oaklock/oaklock/internal/command"
)

// longestSecret bounds what is read as a secret, in bytes; keychains take far less.
const longestSecret = 64 << 10

var errTooLong = errors.New("it is too long")

// terminal says whether a person sits at standard input.
func (p *program) terminal() (fd int, ok bool) {
	f, ok := p.host.Stdin.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return 0, false
	}
	return int(f.Fd()), true
}

// errNoAnswer says that the input ended (Ctrl-D) where an answer was asked for.
var errNoAnswer = errors.New("there was no answer")

// ask shows a question on the terminal and reads the answer. When a signal ends the question the terminal becomes what it was.
func (p *program) ask(ctx context.Context, question string, read func(fd int) (string, error)) (string, error) {
	fd, _ := p.terminal()
	before, err := term.GetState(fd)
	if err != nil {
		return "", fmt.Errorf("ask on the terminal: %w", err)
	}
	_, _ = fmt.Fprint(p.host.Stderr, clean(question)+" ")
	text, err := heed(ctx, func() (string, error) { return read(fd) })
	switch {
	case err == nil:
		return text, nil
	case errors.Is(err, io.EOF):
		p.notes.line("") // the question's line has no end yet
		return "", errNoAnswer
	case errors.Is(err, errLines):
		p.notes.line("")
		return "", err
	case ctx.Err() != nil:
		p.notes.line("")
		return "", errors.Join(ctx.Err(), term.Restore(fd, before))
	}
	return "", fmt.Errorf("ask on the terminal: %w", err)
}

// heed reads what may never come, from a terminal or a pipe that nobody writes to, until a signal ends ctx. The read itself cannot be
// ended and goes with the program.
func heed[T any](ctx context.Context, read func() (T, error)) (T, error) {
	type outcome struct {
		got T
		err error
	}
	done := make(chan outcome, 1)
	go func() {
		got, err := read()
		done <- outcome{got, err}
	}()
	select {
	case o := <-done:
		return o.got, o.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}

// errLines says that more than a key was pasted.
var errLines = usage("What was pasted has more than one line, and a key is one line. Paste it alone. Nothing was saved.")

// askSecret asks without echo, for a line with nothing behind it where it must be alone.
func (p *program) askSecret(ctx context.Context, question string, alone bool) (string, error) {
	secret, err := p.ask(ctx, question, func(fd int) (string, error) { return readHidden(fd, alone) })
	if err == nil {
		p.notes.line("") // the line end that was typed is not shown either
	}
	return secret, err
}

// confirm asks a person whether to go on, unless that was said already (yes); a no is said, and is errSaid. Where nobody sits at the
// terminal nothing is guessed: what stands in standard input may be a no, or not for this command at all. says is what a script then hears.
func (p *program) confirm(ctx context.Context, yes bool, question, says string) error {
	if yes {
		return nil
	}
	if _, ok := p.terminal(); !ok {
		return usage("%s Say with --yes that you mean it.", says)
	}
	answer, err := p.ask(ctx, question+" [y/N]", func(int) (string, error) { return bufio.NewReader(p.host.Stdin).ReadString('\n') })
	if err != nil {
		return err
	}
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return nil
	}
	p.notes.line("Nothing was changed.")
	return errSaid
}

// readSecret reads a secret that a program or a file gives, without the line end that most of them leave.
func readSecret(r io.Reader) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, longestSecret+1))
	if err != nil {
		clear(b)
		return nil, err
	}
	if len(b) > longestSecret {
		clear(b)
		return nil, errTooLong
	}
	if n := len(b); n > 0 && b[n-1] == '\n' {
		b = b[:n-1]
	}
	if n := len(b); n > 0 && b[n-1] == '\r' {
		b = b[:n-1]
	}
	return b, nil
}

// readSecretFile is readSecret on a file that the user named.
func readSecretFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read the passphrase file: %w", err)
	}
	defer func() { _ = f.Close() }()
	if fi, err := f.Stat(); err == nil && fi.Mode().IsRegular() && othersCanRead(path, fi) {
		return nil, fmt.Errorf("others on this machine can read the passphrase file %s, so it is not used. Close it to them with: chmod 600 %s", path, command.Word(path, "FILE"))
	}
	secret, err := readSecret(f)
	if err != nil {
		return nil, fmt.Errorf("read the passphrase file %s: %w", path, err)
	}
	if len(secret) == 0 {
		return nil, fmt.Errorf("the passphrase file %s is empty", path)
	}
	return secret, nil
}
