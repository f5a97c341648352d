package keychain

// syncDir does nothing: Windows cannot sync a folder, and NTFS keeps a journal of renames.
func syncDir(string) error { return nil }
