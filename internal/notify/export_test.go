package notify

// Body is how a body is sent.
func Body(s string) string { return markup(plain(s, maxBody)) }

// Title is how a title is sent.
func Title(s string) string { return plain(s, maxTitle) }
