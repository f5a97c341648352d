package provider

import (
	"bytes"
	"unicode/utf8"
)

// askedText takes a string that decides about cost, and says whether it did.
func (r *bodyReader) askedText(at place, key []byte, item *inputItem) (bool, error) {
	switch at {
	case atTop:
		switch string(key) {
		case "service_tier", "serviceTier", "speed", "inference_geo", "prompt_cache_retention", "quality":
		case "input":
			if r.shape != shapeOpenAI {
				return false, nil
			}
		case "image_url":
		default:
			return false, nil
		}
	case inImage, inSource, inInline:
		switch string(key) {
		case "url", "data", "detail", "media_type", "mimeType", "mime_type":
		default:
			return false, nil
		}
	default:
		switch string(key) {
		case "image_url", "detail", "ttl":
		default:
			return false, nil
		}
	}
	raw, _, err := r.str()
	if err != nil {
		return false, err
	}
	r.text(at, key, raw, item)
	return true, nil
}

// text judges what askedText has read.
func (r *bodyReader) text(at place, key, raw []byte, item *inputItem) {
	a := &r.facts.asks
	switch string(key) {
	case "service_tier", "serviceTier":
		a.surcharge = a.surcharge || !usualTier(raw)
	case "speed":
		a.surcharge = a.surcharge || string(raw) != "standard"
	case "inference_geo":
		a.surcharge = a.surcharge || string(raw) != "global"
	case "prompt_cache_retention":
		a.surcharge = a.surcharge || string(raw) != "in_memory"
	case "quality":
		a.quality = qualityOf(raw)
	case "input":
		a.characters += characters(raw)
	case "image_url", "url":
		if at == inImage || string(key) == "image_url" {
			r.picture(raw, item)
		}
	case "data":
		item.data = int64(len(raw))
	case "detail":
		item.low = string(raw) == "low"
	case "media_type", "mimeType", "mime_type":
		item.picture = isPicture(raw)
	case "ttl":
		a.cacheHour = a.cacheHour || string(raw) != "5m"
	}
}

// characters counts those of a string as it stands in the body, where an escape is one and a pair of them for one beyond the
// first 65,536 is one too.
func characters(raw []byte) (n int64) {
	for len(raw) > 0 {
		if raw[0] != '\\' {
			next := bytes.IndexByte(raw, '\\')
			if next < 0 {
				next = len(raw)
			}
			n += int64(utf8.RuneCount(raw[:next]))
			raw = raw[next:]
			continue
		}
		size := escape(raw)
		if size == 6 && surrogate(raw, 'd', '8', 'b') && escape(raw[6:]) == 6 && surrogate(raw[6:], 'd', 'c', 'f') {
			size = 12
		}
		n++
		raw = raw[max(size, 1):]
	}
	return n
}

// surrogate says whether an escape of four digits is one half of a pair: the first digit, and the range of the second.
func surrogate(escape []byte, first, low, high byte) bool {
	second := escape[3] | 0x20 // a digit stays what it is
	return escape[2]|0x20 == first && low <= second && second <= high
}

// usualTier says whether a tier of service costs what the model's price says, or less.
func usualTier(tier []byte) bool {
	switch string(tier) {
	case "", "auto", "default", "standard", "standard_only", "flex", "on_demand", "STANDARD", "FLEX":
		return true
	}
	return false
}

func isPicture(mediaType []byte) bool {
	return bytes.HasPrefix(mediaType, []byte("image/")) || bytes.HasPrefix(mediaType, []byte(`image\/`))
}

// picture notes a picture that stands in the body as a data URL or behind an address. What follows "data:image/" is looked
// at by the model, not read: its bytes are no tokens.
func (r *bodyReader) picture(raw []byte, item *inputItem) {
	media, inline := bytes.CutPrefix(raw, []byte("data:"))
	switch {
	case !inline:
		item.pictures++
	case isPicture(media):
		item.pictures++
		r.facts.asks.size -= int64(len(raw))
	default:
		r.facts.asks.unsized = true
	}
}

// sourceKind is what an object "source" of Anthropic's holds.
type sourceKind uint8

const (
	noSource sourceKind = iota
	textSource
	addressSource // of a picture or a document: the object around it says which
)

// closed looks at an object that has been read as a whole.
func (r *bodyReader) closed(at place, item *inputItem) {
	a := &r.facts.asks
	switch {
	case at == inSource:
		r.source = r.closedSource(item)
	case at == inInline:
		r.closedData(item)
	case at == inTool && r.shape != shapeGemini:
		r.closedTool(item)
	}
	if item.source == addressSource {
		if string(item.name) == "image" {
			item.pictures++
		} else {
			a.unsized = true
		}
	}
	if item.low {
		a.lowImages += item.pictures
	} else {
		a.images += item.pictures
	}
}

func (r *bodyReader) closedSource(item *inputItem) sourceKind {
	switch string(item.name) {
	case "base64":
		r.closedData(item)
	case "url":
		return addressSource
	case "text", "content":
		return textSource
	default:
		r.facts.asks.unsized = true
	}
	return noSource
}

// closedData looks at an object that holds something in base64 and says what it is.
func (r *bodyReader) closedData(item *inputItem) {
	if !item.picture {
		// A page of a document, a second of sound: what a few bytes unpack to is known to their reader alone.
		r.facts.asks.unsized = true
		return
	}
	r.facts.asks.images++
	r.facts.asks.size -= item.data
}

// closedTool looks at the description of one tool.
func (r *bodyReader) closedTool(item *inputItem) {
	if pageTool(item.name) {
		return
	}
	r.hosts(webTool(item.name), item.maxUses)
}

// hosts notes a tool that the provider runs, at most times times, or 0 for no bound.
func (r *bodyReader) hosts(web bool, times int64) {
	a := &r.facts.asks
	a.hosted = true
	a.unusual = a.unusual || !web
	a.calls += times
	a.endless = a.endless || times == 0
}

// pageTool says whether a tool's calls are answered by the page. The names are those of OpenAI's and Anthropic's own
// descriptions; one that is not known is taken to be the provider's.
func pageTool(name []byte) bool {
	switch string(name) {
	case "", "function", "custom", "local_shell", "apply_patch", "computer", "computer_use_preview":
		return true
	}
	for _, prefix := range [...]string{"bash_20", "text_editor_20", "computer_20", "memory_20"} {
		if bytes.HasPrefix(name, []byte(prefix)) {
			return true
		}
	}
	return false
}

// webTool says whether a tool searches the web, or fetches a page of it, at the price of a search or less.
func webTool(name []byte) bool {
	if string(name) == "web_search" || string(name) == "web_fetch" {
		return true
	}
	return bytes.HasPrefix(name, []byte("web_search_20")) || bytes.HasPrefix(name, []byte("web_fetch_20"))
}

// noted looks at the value of a key, which stands from start to where the reader is now.
func (r *bodyReader) noted(at place, key []byte, k kind, start int, item *inputItem) error {
	if at == atTop {
		if err := r.notedTop(key, k, start); err != nil {
			return err
		}
	}
	a := &r.facts.asks
	isNull := r.b[start] == 'n'
	if at == inTool && r.shape == shapeGemini && !isNull {
		if name := string(key); name != "functionDeclarations" && name != "function_declarations" {
			r.hosts(false, 0)
		}
	}
	if k == empty {
		return nil
	}
	switch string(key) {
	case "source":
		item.source, r.source = r.source, noSource
	case "cache_control":
		a.cache = true
	case "input_audio":
		a.audio = true
	case "file_data", "file_url", "document_url", "video_url":
		a.unsized = true
	case "responseModalities", "response_modalities", "speechConfig", "speech_config":
		a.media = a.media || at == inConfig
	}
	return nil
}

// notedTop does so for a key at the top.
func (r *bodyReader) notedTop(key []byte, k kind, start int) error {
	a := &r.facts.asks
	here := span{start: start, end: r.i, object: r.b[start] == '{', members: k == compound}
	isNull := r.b[start] == 'n'
	switch string(key) {
	case "generationConfig", "generation_config":
		if a.config.end != 0 {
			return badBody("a key is there twice")
		}
		a.config = here
	case "stream_options":
		a.options = here
	case "web_search_options", "search_parameters":
		if !isNull {
			r.hosts(false, 0)
		}
	case "mcp_servers":
		if k != empty {
			r.hosts(false, 0)
		}
	case "tools":
		a.tools = k != empty
	case "prediction":
		a.predicted = k != empty
	case "modalities", "audio":
		a.media = a.media || k != empty
	case "context_management":
		a.surcharge = a.surcharge || k != empty
	}
	return nil
}
