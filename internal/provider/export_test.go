package provider

// Decode is what Default does once, for other catalogues.
var Decode = decode

// CheckPrices reads another file of prices.
func CheckPrices(file string) error {
	_, err := decodePrices([]byte(file))
	return err
}

// PricesOf are the prices of another file with edits over them.
func PricesOf(file string, edits []Edit) (*Prices, error) {
	rows, err := decodePrices([]byte(file))
	if err != nil {
		return nil, err
	}
	return newPrices(rows, edits)
}

// Policy is what policy needs of facts, without what costs.
func Policy(f Facts) Facts {
	f.asks = asks{}
	return f
}

// IndexEither finds the first of two bytes.
var IndexEither = indexEither
