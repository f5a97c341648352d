//go:build !unix

package agent

import "github.com/oaklock/oaklock/internal/control"

// ExamineUser cannot tell on this system.
func ExamineUser() []control.Check { return nil }
