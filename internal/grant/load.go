package grant

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/oaklock/oaklock/internal/origin"
)

// latest is the last time that is believed, in milliseconds since 1970: in the year 2248. Above, durations overflow.
const latest = 1 << 43

var errRow = errors.New("it is not what Oaklock writes")

// load reads everything. A row that is not what it should be is skipped and named in skipped.
func (b *Book) load(ctx context.Context) error {
	var at, lead time.Duration
	err := b.each(ctx, "SELECT at, lead FROM grant_clock", func(scan func(...any) error) (string, error) {
		return "the clock", errors.Join(scan(&millis{&at}, &millis{&lead}))
	})
	if err != nil {
		return err
	}
	b.clock = start(at, lead, b.wall())
	for query, one := range map[string]func(func(...any) error) (string, error){
		"SELECT origin, blocked FROM block":                       b.loadBlock,
		"SELECT origin, provider, count, last, until FROM denial": b.loadDenial,
		"SELECT origin, provider, id, classes, models, limits, credential, expires, ends, given, given_by, last_used FROM grant": b.loadGrant,
	} {
		if err := b.each(ctx, query, one); err != nil {
			return err
		}
	}
	return nil
}

// each calls one for every row; what one cannot take is skipped under the name that it gives.
func (b *Book) each(ctx context.Context, query string, one func(scan func(...any) error) (what string, err error)) error {
	rows, err := b.db.SQL().QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if what, err := one(rows.Scan); err != nil {
			b.skipped = append(b.skipped, fmt.Sprintf("%s in the database cannot be read and is not honoured: %v", what, err))
		}
	}
	return rows.Err()
}

func (b *Book) loadBlock(scan func(...any) error) (string, error) {
	var name string
	var at int64
	if err := scan(&name, &at); err != nil {
		return "a block", err
	}
	return fmt.Sprintf("the block of %.300q", name), b.edit(name, func(s *site) error {
		s.blocked = time.UnixMilli(at) // never zero, whatever at is: the block holds
		return nil
	})
}

func (b *Book) loadDenial(scan func(...any) error) (string, error) {
	var name, p string
	var d denial
	if err := scan(&name, &p, &d.count, &millis{&d.last}, &millis{&d.until}); err != nil {
		return "a denial", err
	}
	return fmt.Sprintf("the denial of %.300q for %.100q", name, p), b.edit(name, func(s *site) error {
		if now, _ := b.clock.read(b.wall()); d.counts(now) > 0 || now < d.until {
			s.denials[p] = d
		}
		return nil
	})
}

func (b *Book) loadGrant(scan func(...any) error) (string, error) {
	var name, classes, models, limits string
	var expires, given, used int64
	h := &held{tell: b.ended, Grant: &Grant{done: make(chan struct{})}}
	if err := scan(&name, &h.Provider, &h.ID, &classes, &models, &limits, &h.Credential, &expires, &millis{&h.ends}, &given, &h.GivenBy, &used); err != nil {
		return "a grant", err
	}
	return fmt.Sprintf("the grant of %.300q for %.100q", name, h.Provider), b.edit(name, func(s *site) error {
		err := errors.Join(decode(classes, &h.Classes), decode(models, &h.Models), decode(limits, &h.Limits))
		if err != nil {
			return err
		}
		if h.ID <= 0 || (expires == 0) != (h.ends == 0) || checkProvider(h.Provider) != nil {
			return errRow
		}
		if err := h.Check(); err != nil {
			return err
		}
		h.Origin, _ = origin.FromStored(name) // edit has tried it
		h.Expires, h.Given = fromMillis(expires), fromMillis(given)
		h.used.Store(used)
		h.proof.Store(pending)
		s.grants[h.Provider] = h
		b.lastID = max(b.lastID, h.ID)
		return nil
	})
}

// edit changes what is known of the origin of that name.
func (b *Book) edit(name string, change func(*site) error) error {
	o, err := origin.FromStored(name)
	if err != nil {
		return err
	}
	s := b.sites[o].copy()
	if err := change(s); err != nil {
		return err
	}
	b.publish(o, s)
	return nil
}

func decode(text string, into any) error {
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil || d.More() {
		return errRow
	}
	return nil
}

// millis scans a time of the book's clock.
type millis struct{ d *time.Duration }

func (m *millis) Scan(v any) error {
	n, ok := v.(int64)
	if !ok || n < 0 || n > latest {
		return errRow
	}
	*m.d = time.Duration(n) * time.Millisecond
	return nil
}
