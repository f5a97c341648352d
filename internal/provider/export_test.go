package provider

// Decode is what Default does once, for other catalogues.
var Decode = decode
