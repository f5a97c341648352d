package tray

// Lines are the menu's lines, plain text in brackets and "-" between groups.
func Lines(m Menu, a Actions) (all []string) {
	for _, e := range entries(m, a) {
		switch {
		case e.label == "":
			e.label = "-"
		case e.plain:
			e.label = "[" + e.label + "]"
		}
		all = append(all, e.label)
	}
	return all
}

// Picture is the name of the icon.
func Picture(m Menu) string { return picture(m) }
