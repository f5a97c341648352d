// Package money writes amounts for people and programs, in one way on every side of Oaklock. An amount is in millionths of a US
// dollar, and what is written is exact.
package money

import "strconv"

// Dollar is one US dollar.
const Dollar = 1_000_000

// USD is an amount in words, with at least two places: "$1,200.00" or "$0.000125".
func USD(amount int64) string {
	sign, whole, places := parts(amount)
	return sign + "$" + Count(whole) + "." + places
}

// Plain is an amount as a number, as it is typed, with at least two places: "1200.00".
func Plain(amount int64) string {
	sign, whole, places := parts(amount)
	return sign + strconv.FormatInt(whole, 10) + "." + places
}

// parts are what stands before the number, before the point and behind it, there two digits at least.
func parts(amount int64) (sign string, whole int64, places string) {
	if amount < 0 {
		sign, amount = "-", -amount
	}
	places = strconv.FormatInt(Dollar+amount%Dollar, 10)[1:]
	for len(places) > 2 && places[len(places)-1] == '0' {
		places = places[:len(places)-1]
	}
	return sign, amount / Dollar, places
}

// Count is a number with its digits grouped by thousands: "100,000".
func Count(n int64) string {
	s := strconv.FormatInt(n, 10)
	start := 0
	if n < 0 {
		start = 1
	}
	for i := len(s) - 3; i > start; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
