package demo

// Pieces and Growing are fuzzed alone.
var (
	Pieces  = pieces
	Growing = growing
)

const LongestPiece = longestPiece
