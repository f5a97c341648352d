package demo

import (
	"encoding/json"
	"strings"
)

// conversation is what all four dialects say, in one form.
type conversation struct {
	system string
	turns  []turn
}

type turn struct {
	model bool // said by the model, not to it
	text  string
}

func (c *conversation) add(role, text string) {
	switch role {
	case "system", "developer":
		c.system += text + "\n"
	case "assistant", "model":
		c.turns = append(c.turns, turn{model: true, text: text})
	default:
		c.turns = append(c.turns, turn{text: text})
	}
}

// last is what was said to the model last.
func (c *conversation) last() string {
	for i := len(c.turns) - 1; i >= 0; i-- {
		if !c.turns[i].model {
			return c.turns[i].text
		}
	}
	return ""
}

func (c *conversation) all() []string {
	out := []string{c.system}
	for _, t := range c.turns {
		out = append(out, t.text)
	}
	return out
}

// content is a message's text, which comes as a string or as a list of parts; parts without text count as nothing.
type content string

func (c *content) UnmarshalJSON(b []byte) error {
	var text string
	if json.Unmarshal(b, &text) == nil {
		*c = content(text)
		return nil
	}
	var parts []struct {
		Text string `json:"text"`
	}
	if err := json.Unmarshal(b, &parts); err != nil {
		return err
	}
	var all []string
	for _, p := range parts {
		if p.Text != "" {
			all = append(all, p.Text)
		}
	}
	*c = content(strings.Join(all, "\n"))
	return nil
}

type message struct {
	Role    string  `json:"role"`
	Content content `json:"content"`
}

func converse(system string, messages []message) *conversation {
	c := &conversation{system: system}
	for _, m := range messages {
		c.add(m.Role, string(m.Content))
	}
	return c
}
