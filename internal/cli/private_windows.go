package cli

import "io/fs"

// othersCanRead is not known from a mode here.
func othersCanRead(string, fs.FileInfo) bool { return false }
