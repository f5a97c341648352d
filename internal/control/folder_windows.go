package control

import "io/fs"

// checkOwner leaves it to the access list that the folder has from the user's profile: Windows has no mode bits.
func checkOwner(string, fs.FileInfo) error { return nil }
