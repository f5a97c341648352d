package nonblock

import (
	"net"
	"unsafe"

	"golang.org/x/sys/windows"
)

var wsaPoll = windows.NewLazySystemDLL("ws2_32.dll").NewProc("WSAPoll")

// quiet asks WSAPoll (winsock2.h), since a read of a socket of Go's would wait. It takes nothing away. It has been tried in Wine, and not
// on Windows.
func quiet(c net.Conn) bool {
	fd, ok := descriptor(c)
	if !ok {
		return true
	}
	const toRead = 0x0100 // POLLRDNORM; an end and an error are told unasked
	quiet := false
	err := fd.Control(func(fd uintptr) {
		poll := struct { // WSAPOLLFD
			socket      uintptr
			asked, told int16
		}{socket: fd, asked: toRead}
		n, _, _ := wsaPoll.Call(uintptr(unsafe.Pointer(&poll)), 1, 0)
		quiet = n == 0
	})
	return err == nil && quiet
}
