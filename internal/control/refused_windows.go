package control

import "golang.org/x/sys/windows"

// errRefused is what connecting to a socket gives when nobody listens on it any more.
const errRefused = windows.WSAECONNREFUSED
