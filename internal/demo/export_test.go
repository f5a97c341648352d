package demo

// Pieces and LongestPiece are fuzzed alone.
var Pieces = pieces

const LongestPiece = longestPiece
