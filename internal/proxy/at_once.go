//go:build !bench

package proxy

// How many requests are handled at once, in all and of one origin (admission.md).
const (
	MaxRequests  = 256
	MaxPerOrigin = 32
)
