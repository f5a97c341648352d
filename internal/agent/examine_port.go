package agent

import (
	"context"
	"fmt"
	"net"
	"strconv"

	"github.com/oaklock/oaklock/internal/admission"
	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/store"
)

// savedPort is what the setting says, and the usual port where it cannot be read: other checks tell of that.
func savedPort(ctx context.Context, home string) int {
	saved, err := store.SavedSetting(ctx, home, "port")
	if err != nil {
		saved = ""
	}
	m := map[string]string{"port": saved}
	s := &settings{}
	s.values.Store(&m)
	return s.port()
}

// ExaminePort says whether the port of a profile folder is free for its agent, which does not run, and whose it is if not.
func ExaminePort(ctx context.Context, home string) control.Check {
	port := savedPort(ctx, home)
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
