//go:build !linux && !darwin && !windows

package autostart

import "errors"

func (Entry) path() (string, error) { return "", errors.ErrUnsupported }
func (Entry) text() string          { return "" }
func starts(string) bool            { return isProgram("") }
