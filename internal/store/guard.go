package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"sync/atomic"
)

// guard keeps lines of the log as they were written: nothing changes one, and one goes only once the chain begins after it,
// which is what retention sees to. It lives in each connection that writes and not in the file, where any program could drop
// it, and where [Open] refuses triggers. So it is no protection against others, who are found out by the chain; it is one
// against our own mistakes.
const guard = `
CREATE TEMP TRIGGER entry_stays BEFORE UPDATE ON main.entry BEGIN
	SELECT RAISE(ABORT, 'a line of the log is never changed');
END;
CREATE TEMP TRIGGER entry_goes_last BEFORE DELETE ON main.entry
	WHEN OLD.id > coalesce((SELECT after FROM main.log_chain), 0) BEGIN
	SELECT RAISE(ABORT, 'a line of the log goes only at its end of life');
END;`

// guarded makes connections that have the guard once it is on. database/sql opens a new one in the place of one that broke.
type guarded struct {
	driver driver.Driver
	source string
	on     atomic.Bool // not before the migrations, which may change what they like
}

func (g *guarded) Driver() driver.Driver { return g.driver }

func (g *guarded) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := g.driver.Open(g.source)
	if err != nil || !g.on.Load() {
		return c, err
	}
	x, ok := c.(driver.ExecerContext)
	if !ok {
		return nil, errors.Join(errors.ErrUnsupported, c.Close())
	}
	if _, err := x.ExecContext(ctx, guard, nil); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}
