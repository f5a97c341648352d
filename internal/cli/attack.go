package cli

import (
	"context"

	"github.com/oaklock/oaklock/internal/money"
)

// attack is "doctor --attack".
func (p *program) attack(ctx context.Context, asJSON bool) error {
	home, err := p.folder()
	if err != nil {
		return err
	}
	var all []AttackFinding
	err = p.host.RunAttack(ctx, home, func(f AttackFinding) {
		all = append(all, f)
		if !asJSON {
			p.sayFinding(f)
		}
	})
	if err != nil {
		return err
	}
	if asJSON {
		err = list(p.screen, all)
	}
	held, broken, skipped, works := 0, 0, 0, true
	for _, f := range all {
		switch {
		case f.Works:
			works = works && (f.Held || f.Skipped != "")
		case f.Skipped != "":
			skipped++
		case f.Held:
			held++
		default:
			broken++
		}
	}
	if !asJSON {
		p.sayAttacked(held, broken, skipped, works)
	}
	if err == nil && (broken > 0 || held == 0 || !works) {
		return errSaid
	}
	return err
}

// sayFinding prints one line for an attack that held, and why for one that did not or was not tried. What only shows that the
// allowed site gets its answers is no attack, and counts as none.
func (p *program) sayFinding(f AttackFinding) {
	where := ""
	if f.Yours {
		where = " (on yours)"
	}
	switch {
	case f.Skipped != "":
		p.screen.line("skipped   %-28s %s%s", f.Name, f.Tried, where)
		p.screen.line("          %s", f.Skipped)
	case f.Held && f.Works:
		p.screen.line("works     %-28s %s%s", f.Name, f.Tried, where)
	case f.Works:
		p.screen.line("FAILED    %-28s %s%s", f.Name, f.Tried, where)
		p.screen.line("          %s", f.Detail)
	case f.Held:
		p.screen.line("held      %-28s %s%s", f.Name, f.Tried, where)
	default:
		p.screen.line("NOT HELD  %-28s %s%s", f.Name, f.Tried, where)
		p.screen.line("          %s", f.Detail)
	}
}

func (p *program) sayAttacked(held, broken, skipped int, works bool) {
	p.screen.line("")
	switch {
	case broken > 0:
		p.screen.line("%s of %s got through. Please report this privately, as SECURITY.md says, with what is above.", number(int64(broken), "attack"), money.Count(int64(broken+held)))
	case !works:
		p.screen.line("The allowed site got no answer, so this does not show that Oaklock holds.")
	case held == 0:
		p.screen.line("Nothing could be tried here.")
	default:
		p.screen.line("Oaklock held against %s.", number(int64(held), "attack"))
	}
	if skipped > 0 {
		p.screen.line("%s could not be tried here.", number(int64(skipped), "attack"))
	}
	p.screen.line("Your keys and grants were not touched.")
}
