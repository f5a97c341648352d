package owner

// Alone is whether a security descriptor is a user's alone.
var Alone = alone
