//go:build linux || darwin

package secret

import "golang.org/x/sys/unix"

func allocate(n int) ([]byte, error) {
	b, err := unix.Mmap(-1, 0, n, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		return nil, err
	}
	_ = unix.Mlock(b)
	keepOutOfDumps(b)
	return b, nil
}

func free(b []byte) {
	_ = unix.Munlock(b)
	_ = unix.Munmap(b)
}
