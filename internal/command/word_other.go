//go:build !windows

package command

const onWindows = false
