package attack

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"time"
)

// squatter tries to listen where an agent does: whoever gets the port gets the prompts of its pages.
func (t Target) squatter(endpoint string, yours bool) attempt {
	return attempt{name: "machine/squatter", tried: "A program tries to listen on the same port, on 127.0.0.1 and on [::1], also sharing it.", yours: yours,
		do: func(ctx context.Context) string {
			for _, address := range []string{"127.0.0.1", "::1"} {
				for _, shared := range []bool{false, true} {
					lc := net.ListenConfig{}
					if shared {
						lc.Control = share
					}
					l, err := lc.Listen(ctx, "tcp", net.JoinHostPort(address, port(endpoint)))
					if err == nil {
						_ = l.Close()
						return "It could listen on " + address + " beside the agent."
					}
				}
			}
			return ""
		}}
}

// errNotHere says that something cannot be tried on this machine; its text is the reason.
type errNotHere string

func (e errNotHere) Error() string { return string(e) }

// otherUser connects as another user of the machine, and sends what is served to this one.
func (t Target) otherUser() attempt {
	a := attempt{name: "machine/other-user", tried: "Another user of the machine sends a request in the name of the allowed site."}
	var no errNotHere
	if err := canBeOther(); errors.As(err, &no) {
		a.skip = no.Error()
		return a
	}
	a.do = func(ctx context.Context) string {
		before := t.Canary.Count()
		c, err := dialAsOther(strings.TrimPrefix(t.Endpoint, "http://"))
		if err != nil {
			return "It could not be tried" + because(answer{}, err)
		}
		defer func() { _ = c.Close() }()
		stop := context.AfterFunc(ctx, func() { _ = c.SetDeadline(time.Unix(1, 0)) })
		defer stop()
		if err := c.SetDeadline(time.Now().Add(t.Patience)); err != nil {
			return "It could not be tried" + because(answer{}, err)
		}
		_, _ = io.WriteString(c, Wire(fill(Good, Site), port(t.Endpoint))) // it may be closed by now
		got, err := io.ReadAll(c)
		switch {
		case t.Canary.Count() != before:
			return "It reached the provider, with the key."
		case len(got) > 0:
			return "It got an answer instead of a closed connection."
		case err != nil && timedOut(err):
			return "The connection stayed open."
		}
		return ""
	}
	return a
}
