package session

// Inside for tests.
var (
	WindowsPower   = windowsPower
	WindowsSession = windowsSession
	MacPower       = macPower
)

// Seen is for tests.
type Seen = seen

// Now is for tests.
func (s *seen) Now(is bool) Event { return s.now(is) }

// Teller is for tests.
type Teller = teller

// NewTeller is for tests.
func NewTeller(hear func(Event)) *Teller { return &teller{hear: hear} }

// Tell is for tests.
func (t *teller) Tell(e Event) { t.tell(e) }

// End is for tests.
func (t *teller) End() { t.end() }
