package provider

import "math"

// Worst is the most that a request can take.
type Worst struct {
	Input, Output int64 // tokens, upper bounds
	Cost          int64 // millionths of a US dollar, an upper bound; 0 if not priced
	Priced        bool  // Cost is known: the model has a price, and the request asks for nothing that it does not cover
}

const (
	// hiddenInput are the tokens that a provider adds to what the page sends: the marks around messages, and prompts of its
	// own. Anthropic adds up to 804 for tools, xAI's models up to 700.
	hiddenInput = 1024
	// hiddenTools are those that it adds for tools, beside their descriptions.
	hiddenTools = 1024
	// manyTokens is more than any model reads or writes in one request.
	manyTokens = 10_000_000
	// pictureTokens are more than any model takes for one picture: 48,169 at gpt-4o-mini.
	pictureTokens = 50_000
	// lowPictureTokens are those for a picture in low detail: 2,833 at gpt-4o-mini.
	lowPictureTokens = 3_000
	// editPictureTokens are those of a picture that is to be changed, at the highest fidelity.
	editPictureTokens = 12_000
	// bytesASecond is less than any codec for speech needs for a second of it.
	bytesASecond = 500
)

// Worst is the worst case of a request whose body was inspected: f is what [Route.Inspect] said of it, pr the price of its model
// if priced, and ceiling what [Route.Ceiling] said.
//
// Tokens are bounded from the size of the body: a byte is at most one token. That holds for every tokenizer in use, since a
// token stands for at least one byte of text: byte-level pair encoding by its construction, and SentencePiece with byte
// fallback, as Gemini, Llama and Mistral have it, but for one mark at the beginning of a text. The JSON around a text is longer
// than the marks that providers put around messages, and its escapes are longer than what they stand for. Pictures are counted
// for themselves, each with the most that its model takes for one; whatever unpacks to more than its size shows (a
// document, a film) with the most that the model reads at all.
func (r *Route) Worst(f Facts, contentType string, body []byte, pr Price, priced bool, ceiling int64) Worst {
	a := &f.asks
	u := Usage{CacheWrite: -1, CacheWriteHour: -1, AudioInput: -1, AudioOutput: -1, ImageInput: -1, ImageOutput: -1}
	covered := !f.More && !a.surcharge
	a.unsized = a.unsized || f.Stored != nil // an answer before, a file: the model reads it again
	switch r.Endpoint.makes {
	case makesCount:
		return Worst{Priced: true}
	case makesText:
		u.Input, covered = r.worstInput(a, pr, covered)
		u.Output = product64(r.worstOutput(f, pr, ceiling), a.copies())
		u.Searches = a.worstSearches()
		r.plain(a, &u)
	case makesVectors:
		u.Input = a.size + hiddenInput
	case makesPictures:
		u.Input = a.size + hiddenInput + product64(a.images, editPictureTokens)
		u.Images = r.worstPictures(a)
		u.Output = product64(u.Images, picture(f.Model, a, pr))
	case makesSpeech:
		u.Input, u.Characters = 0, a.characters
		if pr.Character == 0 {
			u.Input, u.Output = a.size+hiddenInput, either(pr.MaxOutput, manyTokens)
		}
	case makesTranscript:
		u.Seconds = worstSeconds(body)
		if pr.Second == 0 {
			u.Input = int64(len(body)) + hiddenInput
			u.Output = either(pr.MaxOutput, u.Input)
		}
	case makesOther:
		u.Input, covered = a.size, false
	}
	w := Worst{Input: u.Input, Output: u.Output, Priced: priced && covered}
	if w.Priced {
		w.Cost = max(pr.Cost(u), 0)
	}
	return w
}

// worstInput bounds the input of a request for text. It is not covered by a price when tools run that cost by themselves.
func (r *Route) worstInput(a *asks, pr Price, covered bool) (int64, bool) {
	window := either(pr.MaxInput, manyTokens)
	input := a.size + hiddenInput + product64(a.images, r.pictureTokens(pr)) + product64(a.lowImages, min(r.pictureTokens(pr), lowPictureTokens))
	if a.tools {
		input += hiddenTools
	}
	if pr.MaxInput > 0 { // what is longer is refused by the provider, and costs nothing
		input = min(input, pr.MaxInput)
	}
	if a.unsized {
		input = max(input, window)
		// OpenRouter reads documents for models that cannot, at a price of its own.
		covered = covered && r.Provider.ID != "openrouter"
	}
	if a.hosted {
		// Each call adds what it found, and everything is read once more.
		calls, bounded := a.worstCalls()
		if !bounded {
			return math.MaxInt64 / 4, false
		}
		input = product64(max(input, window), calls+1)
		covered = covered && !a.unusual && pr.Search > 0
	}
	return input, covered
}

// pictureTokens are the most tokens of one picture.
func (r *Route) pictureTokens(pr Price) int64 {
	switch {
	case pr.ImageTokens > 0:
		return pr.ImageTokens
	case r.Provider.ID == "anthropic":
		return 6_000 // width times height by 750, at most 2,576 pixels each way
	case r.Provider.ID == "google" && r.Endpoint.Shape == shapeGemini:
		return 4_096 // 2,240 at the highest resolution that can be asked for
	}
	return pictureTokens
}

// worstCalls bounds the calls of tools that the provider runs.
func (a *asks) worstCalls() (calls int64, bounded bool) {
	switch {
	case a.maxCalls > 0:
		return a.maxCalls, true
	case a.endless:
		return 0, false
	}
	return a.calls, true
}

func (a *asks) worstSearches() int64 {
	if !a.hosted {
		return 0
	}
	calls, _ := a.worstCalls()
	return calls
}

// copies is how many answers are asked for.
func (a *asks) copies() int64 { return product64(max(a.answers, 1), max(a.prompts, 1)) }

// worstOutput bounds the tokens of one answer.
func (r *Route) worstOutput(f Facts, pr Price, ceiling int64) int64 {
	if n, named := r.named(f); named {
		return n
	}
	switch {
	case ceiling > 0 && len(r.ceilings(f)) > 0:
		return ceiling
	case r.Endpoint.usualOutput > 0:
		return r.Endpoint.usualOutput
	}
	return either(pr.MaxOutput, manyTokens)
}

// named is the ceiling that the page named in a field that the provider heeds: the largest of several.
func (r *Route) named(f Facts) (n int64, named bool) {
	for _, field := range r.ceilings(f) {
		if c := f.asks.ceilings[field]; c.named {
			n, named = max(n, c.value), true
		}
	}
	return n, named
}

// plain sets to zero what the request does not ask for, so that Cost does not take it to be all.
func (r *Route) plain(a *asks, u *Usage) {
	if !a.audio && !a.unsized {
		u.AudioInput = 0
	}
	if !a.media {
		u.AudioOutput, u.ImageOutput = 0, 0
	}
	// Anthropic writes into its cache only what the page marks; others do so by themselves.
	if r.Endpoint.Shape == shapeAnthropic {
		if !a.cache {
			u.CacheWrite = 0
		}
		if !a.cacheHour {
			u.CacheWriteHour = 0
		}
	}
}

// worstPictures is how many pictures are asked for. Google makes four where no number is named.
func (r *Route) worstPictures(a *asks) int64 {
	if a.answers == 0 && r.Endpoint.Shape == shapeGemini {
		return 4
	}
	return max(a.answers, 1)
}

// picture is the most output tokens of one picture. OpenAI publishes them for gpt-image-1 by quality, here each for the largest
// size, and 100 for each picture on the way.
func picture(model string, a *asks, pr Price) int64 {
	n := either(pr.MaxOutput, 65_536)
	if model == "gpt-image-1" || model == "gpt-image-1-mini" {
		n = [...]int64{bestQuality: 6_240, mediumQuality: 1_584, lowQuality: 408}[a.quality]
	}
	return n + product64(100, a.partial)
}

// worstSeconds bounds how long something to listen to is: shorter than a codec for speech makes it, and some providers charge for
// ten seconds at least. A file of nothing but silence can be longer; what was reported is settled.
func worstSeconds(body []byte) int64 { return int64(len(body))/bytesASecond + 10 }

// product64 is a product of numbers that are not negative, or a quarter of the largest int64: sums of a few still fit.
func product64(a, b int64) int64 {
	const most = math.MaxInt64 / 4
	if b != 0 && a > most/b {
		return most
	}
	return a * b
}
