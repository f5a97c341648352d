package provider

// Worst is the most that a request can cost.
type Worst struct {
	Input, Output int64 // tokens, upper bounds
	Cost          int64 // millionths of a US dollar; 0 if not priced
	Priced        bool  // Cost is known: the model has a price, and nothing in the request costs what no price says
}

// Asked is what a request asks for, as it is sent.
type Asked struct {
	Output int64 // most output tokens of one answer that the sent body names, 0: none
	Named  bool  // the page itself named it
	Usage  bool  // the usage chunk was asked for in the page's place, and must not reach it: see [Asked.Filter]
}

// Worst is the worst case of a request whose body was inspected: f is what [Route.Inspect] said of it. ceiling is what
// [Route.Prepare] writes into a body that names no ceiling of its own, in tokens for each answer.
func (r *Route) Worst(f Facts, contentType string, body []byte, pr Price, priced bool, ceiling int64) Worst {
	w := Worst{Input: int64(len(body)) + 1024, Output: ceiling, Priced: priced}
	if priced {
		w.Cost = max(pr.Cost(Usage{Input: w.Input, Output: w.Output}), 0)
	}
	return w
}

// Prepare is the body as it is sent.
func (r *Route) Prepare(f Facts, body []byte, pr Price, ceiling int64) ([]byte, Asked) {
	return body, Asked{Output: ceiling}
}
