package agent

import (
	"context"
	"fmt"
	"net"
	"strconv"

	"github.com/oaklock/oaklock/internal/admission"
	"github.com/oaklock/oaklock/internal/control"
)

// ExaminePort says whether the usual port is free for an agent that does not run yet, and whose it is if not.
func ExaminePort(ctx context.Context) control.Check {
	const port = 6255
	for _, host := range []string{"127.0.0.1", "::1"} {
		l, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort(host, strconv.Itoa(port)))
		if err == nil {
			_ = l.Close()
			continue
		}
		if !admission.IsTaken(err) {
			continue // without IPv6 nobody else can listen there
		}
		owner := admission.PortOwner(port)
		if owner == "" {
			owner = "Another program"
		}
		return wrong("port_taken", fmt.Sprintf("%s has port %d, where pages look for Oaklock.", owner, port),
			fmt.Sprintf("End that program. Or start Oaklock with oaklock agent --port %[1]d and say that port to pages; with oaklock settings set port %[1]d it stays.", otherPort(port)))
	}
	return fine("port", "Port %d is free.", port)
}
