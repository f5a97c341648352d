package agent

import (
	"runtime"

	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/owner"
	"github.com/oaklock/oaklock/internal/system"
)

// ExamineUser says whether Oaklock runs as somebody who may do more than it needs. It needs no agent.
func ExamineUser() []control.Check {
	if who := owner.Elevated(); who != "" {
		return []control.Check{wrong("root", "Oaklock runs as "+who+", which it does not need: whatever goes wrong in it goes wrong for the whole machine.",
			system.For(runtime.GOOS).Elevated)}
	}
	return []control.Check{fine("root", "Oaklock runs as an ordinary user.")}
}
