package cli

import "golang.org/x/term"

func readHidden(fd int, _ bool) (string, error) {
	line, err := term.ReadPassword(fd)
	return string(line), err
}
