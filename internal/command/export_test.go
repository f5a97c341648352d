package command

// WordOn is [Word] as it is on Windows, or elsewhere.
var WordOn = word
