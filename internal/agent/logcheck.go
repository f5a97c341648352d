package agent

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/ledger"
	"github.com/oaklock/oaklock/internal/store"
)

// followLog reads the whole log once, beside what goes on, and tells the user if something in it does not fit. Then it sees to it
// that lines go when they are old.
func (a *Agent) followLog() {
	ctx, cancel := a.whileOpen()
	defer cancel()
	a.tellLog() // what an earlier run has found
	if c, err := a.ledger.Verify(ctx, true); err == nil {
		a.log.Debug("the log was verified", "lines", c.Lines, "fits", c.Break == nil)
	} else if ctx.Err() == nil {
		a.log.Error("the log was not verified", "error", err)
	}
	a.tellLog()
	for { // only now, so that what does not fit is found before it goes
		a.dropOldLines(ctx)
		select {
		case <-a.retain:
		case <-time.After(retainEvery):
		case <-ctx.Done():
			return
		}
	}
}

// retainEvery is how often old lines are looked for.
const retainEvery = 6 * time.Hour

func (a *Agent) dropOldLines(ctx context.Context) {
	if !a.db.Seal().Opened() {
		return // judge asks again
	}
	n, err := a.ledger.Retain(ctx, a.settings.logDays())
	if err != nil && ctx.Err() == nil {
		a.log.Error("old lines of the log were not deleted", "error", err)
	}
	if n > 0 {
		a.log.Info("old lines of the log were deleted; their sums are kept", "lines", n)
		a.changed()
	}
}

// keptDays is how long lines may be kept.
func keptDays(v string) (string, error) {
	n, err := strconv.Atoi(strings.TrimSpace(v))
	if err != nil || n < ledger.LeastDays || n > 3650 {
		return "", fmt.Errorf("it takes a number of days from %d to 3650, since limits of a month are checked against the log", ledger.LeastDays)
	}
	return strconv.Itoa(n), nil
}

func (s *settings) logDays() int {
	n, err := strconv.Atoi(s.get(logDays))
	if err != nil {
		return 90 // check lets nothing else in
	}
	return n
}

// retainNow has old lines looked for, without waiting for that.
func (a *Agent) retainNow() {
	select {
	case a.retain <- struct{}{}:
	default: // it is about to look anyway
	}
}

// isLogEnd says that a row is the one that says where the log ends.
func isLogEnd(r store.Row) bool { return r == store.RowOf("log_chain", "1") }

// endProven says that a verdict has nothing against that row.
func endProven(v store.Verdict) bool {
	return !slices.ContainsFunc(v.Changed, isLogEnd) && !slices.ContainsFunc(v.Gone, isLogEnd)
}

// judgeLog takes the row that says where the log ends out of a verdict: nobody's permission hangs on it.
func (a *Agent) judgeLog(ctx context.Context, v store.Verdict) store.Verdict {
	changed := !endProven(v)
	v.Changed, v.Gone = slices.DeleteFunc(slices.Clone(v.Changed), isLogEnd), slices.DeleteFunc(slices.Clone(v.Gone), isLogEnd)
	if changed && !v.Whole { // else nothing is proven anyway, and the user hears of that
		line, _ := a.ledger.Head()
		a.doubtLog(ctx, ledger.Break{Kind: ledger.EndChanged, Line: line})
	}
	return v
}

// unlockLog looks at the end of the log, now that the key of the seal is there.
func (a *Agent) unlockLog(ctx context.Context, v store.Verdict, wasSealed bool) {
	if err := a.ledger.Unlocked(ctx, wasSealed && !v.Whole && endProven(v)); err != nil {
		a.log.Error("the end of the log was not looked at", "error", err)
	}
	a.tellLog()
}

// lookUp looks for the line that the vault knows. The log of a database that was never sealed is a new one.
func (a *Agent) lookUp(ctx context.Context, had note, wasSealed bool) {
	if had.line == 0 || !wasSealed {
		return
	}
	there, err := a.ledger.Holds(ctx, had.line, had.head)
	if err != nil {
		a.log.Error("the log was not compared with the vault's note", "error", err)
	} else if !there {
		a.doubtLog(ctx, ledger.Break{Kind: ledger.OlderCopy, Line: had.line})
	}
}

func (a *Agent) doubtLog(ctx context.Context, b ledger.Break) {
	if err := a.ledger.Doubt(ctx, b); err != nil {
		a.log.Error("that the log does not fit was not saved", "error", err)
	}
	a.tellLog()
}

// tellLog shows what does not fit in the log, as far as it is known.
func (a *Agent) tellLog() {
	const code = "log_changed"
	b := a.ledger.Broken()
	if b == nil {
		a.problems.remove(code)
		a.changed()
		return
	}
	a.log.Warn("the log is not as Oaklock wrote it", "kind", b.Kind, "line", b.Line, "day", b.Day)
	a.problems.add(control.Problem{Code: code,
		Message: breakSentence(*b) + " Your keys and permissions are not touched, and Oaklock goes on.",
		Fix:     "Look at it with: oaklock log verify. If you know what it was, confirm it with: oaklock sites trust. If not, look at your bills, since the log may not show all that was used."})
	a.changed()
}

// breakSentence says what does not fit, for people.
func breakSentence(b ledger.Break) string {
	switch b.Kind {
	case ledger.LineChanged:
		return fmt.Sprintf("Another program has changed the log: line %d is not as Oaklock wrote it, or what came before it is gone.", b.Line)
	case ledger.EndMissing:
		if b.Line == 0 {
			return "Another program has changed the log: all of its lines are gone."
		}
		return fmt.Sprintf("Another program has changed the log: what came after line %d is gone.", b.Line)
	case ledger.EndChanged:
		return fmt.Sprintf("Another program has changed the log: its end, up to line %d, is not as Oaklock wrote it.", b.Line)
	case ledger.OlderCopy:
		return fmt.Sprintf("The log is not the one that Oaklock had last: line %d, which your keychain knows, is not in it. A backup may have been put back.", b.Line)
	case ledger.EndAdded:
		return fmt.Sprintf("Another program has changed the log: line %d was put at its end while Oaklock was not running.", b.Line)
	case ledger.SumsHigh:
		return fmt.Sprintf("Another program has changed the sums by which limits are held: those of %s are more than the log's lines, so limits may refuse too early.", b.Day)
	case ledger.SumsLow:
		return fmt.Sprintf("Another program has changed the sums by which limits are held: those of %s are less than the log's lines.", b.Day)
	}
	return "Another program has changed the log."
}

// VerifyLog reads the whole log and says whether it is as Oaklock wrote it.
func (a *Agent) VerifyLog(ctx context.Context) (control.LogCheck, error) {
	c, err := a.ledger.Verify(ctx, false)
	if err != nil {
		return control.LogCheck{}, fmt.Errorf("verify the log: %w", err)
	}
	a.tellLog()
	out := control.LogCheck{Lines: c.Lines, First: c.First, Last: c.Last, Before: c.Before, Sealed: a.db.Seal().Opened()}
	if c.Break != nil {
		out.Broken, out.Kind, out.Line, out.Message = true, string(c.Break.Kind), c.Break.Line, breakSentence(*c.Break)
	}
	return out, nil
}
