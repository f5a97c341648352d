//go:build bench

package proxy

// The comparison with other proxies, which have no such limits, opens a thousand streams.
const (
	MaxRequests  = 4096
	MaxPerOrigin = 2048
)
