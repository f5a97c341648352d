// Package nonblock makes the reads and writes of a socket cheap on Linux.
//
// A socket of Go's never blocks: what cannot be read or written yet is waited for by the runtime. Still package net tells the
// scheduler of each call as if it might block, so that another thread can take over meanwhile. Where a program slept just
// before, as one that waits for a page or a provider does, telling it wakes the runtime's monitor thread (entersyscall in
// runtime/proc.go), which costs each request a switch of threads more than once. Here the calls are made without that.
//
// What is longer than [Most] goes the usual way. So whoever works long on much data has woken the monitor before, and it sees
// to the others. What comes within microseconds can be waited for without sleep: see [Spin].
package nonblock

import "net"

// Most is how many bytes a call may be about to be made here: the system copies them within some microseconds.
const Most = 32 << 10

// New is a connection that does what c does. On other systems than Linux, and where c is no socket, it is c. Deadlines, Close
// and concurrent use are as they are for c; an error wraps what that of c would wrap.
func New(c net.Conn) net.Conn { return wrap(c) }

// Quiet says that the other side of an idle connection has neither hung up nor sent something. What it has sent may be lost.
// Where it cannot be known, it is true.
func Quiet(c net.Conn) bool { return quiet(c) }
