package cli

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/oaklock/oaklock/internal/command"
)

// advised is a command of Oaklock's in a sentence, up to its first word.
var advised = regexp.MustCompile(`\boaklock (` +
	`agent|demo|quit|keys|providers|prices|sites|apps|pending|allow|deny|block|status|doctor|usage|log|stop|pause|resume|lock|unlock|settings|reset|for the window)\b`)

// here makes of the commands in a sentence those for the profile folder that --home has named: without it they would be for the usual
// one. Values are not to be in it yet, see [screen.advice].
func (s screen) here(sentence string) string { return at(sentence, s.homeWord()) }

// hereFormat is here for a format: the folder is no part of it.
func (s screen) hereFormat(format string) string {
	return at(format, strings.ReplaceAll(s.homeWord(), "%", "%%"))
}

func at(sentence, home string) string {
	if home == "" {
		return sentence
	}
	return advised.ReplaceAllStringFunc(sentence, func(found string) string {
		return "oaklock --home " + home + strings.TrimPrefix(found, "oaklock")
	})
}

// advice writes a line of Oaklock's own in which values may stand that have passed through [command.Word]. One of them could have what looks
// like a command between its quotes, where a folder with an apostrophe would end them: such a folder is left out.
func (s screen) advice(format string, args ...any) {
	if strings.Contains(s.homeWord(), "'") && strings.HasPrefix(s.homeWord(), `"`) {
		s.home = nil
	}
	s.plain(s.here(fmt.Sprintf(format, args...)))
}

func (s screen) homeWord() string {
	if s.home == nil || *s.home == "" {
		return ""
	}
	home, err := filepath.Abs(*s.home)
	if err != nil {
		home = *s.home
	}
	return command.Word(home, "FOLDER")
}
