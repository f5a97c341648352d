//go:build unix && !linux

package e2e_test

import "testing"

// unreadable needs /proc.
func (u *terminal) unreadable(*testing.T, *background, string) {}
