package provider

import (
	"bytes"
	"encoding/json"
)

// Turn is what a provider's message says of an answer in a WebSocket.
type Turn uint8

// The turns.
const (
	TurnGoesOn  Turn = iota // nothing
	TurnBegun               // an answer has begun
	TurnEnded               // one has ended
	TurnRefused             // what was asked for does not come
)

// Turn reads one message of the provider's. OpenAI Realtime says when an answer begins and ends; of Gemini Live any content
// belongs to the one answer that is under way, which ends when its usage is reported.
func (r *Route) Turn(message []byte) Turn {
	if r.Endpoint.Shape == shapeLive {
		if bytes.Contains(message, []byte(`"serverContent"`)) || bytes.Contains(message, []byte(`"toolCall"`)) {
			return TurnBegun
		}
		return TurnGoesOn
	}
	// Most messages are a piece of an answer, and not looked at twice. The words may also stand in a text that the page itself
	// has said, so that they alone mean nothing.
	if !bytes.Contains(message, []byte(`"response.created"`)) && !bytes.Contains(message, []byte(`"response.done"`)) &&
		!bytes.Contains(message, []byte(`"error"`)) {
		return TurnGoesOn
	}
	var event struct {
		Type string `json:"type"`
	}
	if json.Unmarshal(message, &event) != nil {
		return TurnGoesOn
	}
	switch event.Type {
	case "response.created":
		return TurnBegun
	case "response.done":
		return TurnEnded
	case "error":
		return TurnRefused
	}
	return TurnGoesOn
}

// OneTurn says that an endpoint's WebSocket has one answer under way at a time.
func (r *Route) OneTurn() bool { return r.Endpoint.Shape == shapeLive }

// WorstTurn is the most that one answer in a WebSocket can take: it reads the whole conversation, which is bounded by what the
// model can read, at the rate of what is dearest in it.
func (r *Route) WorstTurn(pr Price, priced bool) Worst {
	u := Usage{Input: either(pr.MaxInput, manyTokens), Output: either(pr.MaxOutput, manyTokens),
		CachedInput: 0, CacheWrite: -1, CacheWriteHour: -1, AudioInput: -1, AudioOutput: -1, ImageInput: -1, ImageOutput: -1}
	w := Worst{Input: u.Input, Output: u.Output, Priced: priced}
	if priced {
		w.Cost = max(pr.Cost(u), 0)
	}
	return w
}

// asksForAnswer says that a message of a page asks for an answer, by the name of its type or the keys at its top.
func asksForAnswer(shape string, kind []byte, top [][]byte) bool {
	if shape != shapeLive {
		return string(kind) == "response.create"
	}
	for _, key := range top {
		switch string(key) {
		case "clientContent", "client_content", "toolResponse", "tool_response":
			return true
		}
	}
	return false
}
