//go:build !unix

package control_test

func playUser(string, string) int { return 1 }
