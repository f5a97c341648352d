package clipboard

const program = "clip.exe"
