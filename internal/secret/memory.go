package secret

// page is memory outside the Go heap, locked into RAM where the system lets us, so that it reaches neither the swap file
// nor, on Linux, a core dump. That it could not be locked is no error: containers often allow none, and a key that may be
// swapped is better than a program that cannot start.
type page struct {
	bytes []byte // what the caller asked for
	whole []byte // what the system gave
}

func newPage(n int) (*page, error) {
	whole, err := allocate(n)
	if err != nil {
		return nil, err
	}
	return &page{bytes: whole[:n:n], whole: whole}, nil
}

// release zeroes the memory and gives it back. Nobody may hold a slice of it any more.
func (p *page) release() {
	clear(p.whole)
	free(p.whole)
	p.bytes, p.whole = nil, nil
}
