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
)

// longestSecret bounds what is read as a secret, in bytes; keychains take far less.
const longestSecret = 64 << 10

// terminal says whether a person sits at standard input.
func (p *program) terminal() (fd int, ok bool) {
	f, ok := p.host.Stdin.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return 0, false
	}
	return int(f.Fd()), true
}

// askSecret asks on the terminal without echo. When a signal ends the question the terminal gets its echo back; the read itself cannot be ended and
// goes with the program.
func (p *program) askSecret(ctx context.Context, question string) (string, error) {
	fd, _ := p.terminal()
	before, err := term.GetState(fd)
	if err != nil {
		return "", fmt.Errorf("ask on the terminal: %w", err)
	}
	type answer struct {
		secret []byte
		err    error
	}
	answers := make(chan answer, 1)
	_, _ = fmt.Fprint(p.host.Stderr, clean(question)+" ")
	go func() {
		secret, err := term.ReadPassword(fd)
		answers <- answer{secret, err}
	}()
	defer p.notes.line("")
	select {
	case a := <-answers:
		if a.err != nil && !errors.Is(a.err, io.EOF) {
			return "", fmt.Errorf("ask on the terminal: %w", a.err)
		}
		return string(a.secret), nil
	case <-ctx.Done():
		return "", errors.Join(ctx.Err(), term.Restore(fd, before))
	}
}

// confirm asks a person whether to go on. Where nobody sits at the terminal a script has decided already.
func (p *program) confirm(question string) (bool, error) {
	if _, ok := p.terminal(); !ok {
		return true, nil
	}
	_, _ = fmt.Fprint(p.host.Stderr, clean(question)+" [y/N] ")
	answer, err := bufio.NewReader(p.host.Stdin).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return false, fmt.Errorf("ask on the terminal: %w", err)
	}
	answer = strings.ToLower(strings.TrimSpace(answer))
	return answer == "y" || answer == "yes", nil
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
		return nil, errors.New("it is too long")
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
		return nil, fmt.Errorf("others on this machine can read the passphrase file %s, so it is not used. Close it to them with: chmod 600 %s", path, path)
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
