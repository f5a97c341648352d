package secret

import "golang.org/x/sys/unix"

// keepOutOfDumps also keeps the page out of a child of fork, which Go only has between fork and exec.
func keepOutOfDumps(b []byte) {
	_ = unix.Madvise(b, unix.MADV_DONTDUMP)
	_ = unix.Madvise(b, unix.MADV_DONTFORK)
}
