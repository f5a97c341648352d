package provider

import "net/url"

// Free says that nothing that this provider answers costs anything: the demo, as long as it is one on this computer.
func (p *Provider) Free() bool {
	if p.ID != "demo" {
		return false
	}
	u, err := url.Parse(p.BaseURL)
	return err == nil && loopback(u.Hostname())
}
