package cli

import "golang.org/x/term"

func readHidden(fd int) (string, error) {
	line, err := term.ReadPassword(fd)
	return string(line), err
}
