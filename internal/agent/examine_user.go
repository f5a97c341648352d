package agent

import (
	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/owner"
)

// ExamineUser says whether Oaklock runs as somebody who may do more than it needs. It needs no agent.
func ExamineUser() []control.Check {
	if who := owner.Elevated(); who != "" {
		return []control.Check{wrong("root", "Oaklock runs as "+who+", which it does not need: whatever goes wrong in it goes wrong for the whole machine.",
			"Run it as yourself. In a container that has no other user this can stay.")}
	}
	return []control.Check{fine("root", "Oaklock runs as an ordinary user.")}
}
