package control

import "time"

// Impatient is the client with little patience.
func (c *Client) Impatient(within time.Duration) *Client {
	d := *c
	d.patience = patience{before: time.Millisecond, within: within, again: time.Millisecond}
	return &d
}
