package nonblock

// Spinning is a Spin whose next read spins.
func Spinning() Spin { return Spin{soon: true} }
