package demo

import (
	"fmt"
	"regexp"
	"strings"
)

// reply is what the demo says next. There is no model behind it: the answer is made from the words of the task and,
// for a few subjects, from a table of facts.
func reply(c *conversation) string {
	if !strings.Contains(strings.Join(c.all(), "\n"), `"finalAnswer"`) {
		return chatReply(c.last())
	}
	return agentReply(c)
}

// A KaibanJS agent asks in a loop and understands only a JSON object: a thought with an action, or a final answer.
// Its task comes in these words.
var (
	taskOf    = regexp.MustCompile(`(?s)complete the following task: (.*?)\.?\s+Your expected output should be:`)
	contextOf = regexp.MustCompile(`(?s)findings and insights from previous tasks: "(.*)"`)
	goalOf    = regexp.MustCompile(`Your main goal is: (.*)`)
)

// agentReply thinks once and answers in the next round, so that a page shows an agent at work and always an end.
func agentReply(c *conversation) string {
	task, findings := assignment(c)
	s := subjectOf(task)
	if taskOf.MatchString(c.last()) {
		thought, question := "First I want to know what matters most about "+s.title+".", "What matters most about "+s.title+"?"
		if findings != "" {
			thought, question = "I have the notes. I put them in an order that reads well.", "In which order do the notes read well?"
		}
		return compact(struct {
			Thought string            `json:"thought"`
			Action  string            `json:"action"`
			Input   map[string]string `json:"actionInput"`
		}{thought, "self_question", map[string]string{"query": question}})
	}
	answer := s.notes()
	if findings != "" {
		answer = s.article(bullets(findings))
	}
	return compact(map[string]string{"finalAnswer": answer})
}

// assignment finds the task in hand and what earlier tasks have found. One agent may have several tasks: the last counts.
func assignment(c *conversation) (task, findings string) {
	for i := len(c.turns) - 1; i >= 0; i-- {
		m := taskOf.FindStringSubmatch(c.turns[i].text)
		if m == nil {
			continue
		}
		if f := contextOf.FindStringSubmatch(c.turns[i].text); f != nil {
			findings = f[1]
		}
		return m[1], findings
	}
	if m := goalOf.FindStringSubmatch(c.system); m != nil {
		return m[1], ""
	}
	return c.last(), ""
}

func chatReply(question string) string {
	s := subjectOf(question)
	if s.known {
		return "This is the demo provider of Oaklock, which answers from a table.\n\n" + s.notes()
	}
	return fmt.Sprintf("This is the demo provider of Oaklock. There is no model behind it, so it can only repeat what arrived: %q. "+
		"With a key of your own the same request goes to a real model, and its answer comes back the same way.", shorten(question, 200))
}

// subject is what a task is about.
type subject struct {
	title string
	facts []string
	known bool
}

var (
	quoted = regexp.MustCompile(`["“”«]([^"“”»\n]{3,120})["“”»]`)
	about  = regexp.MustCompile(`(?i)\b(?:about|on|of|topic:|subject:|regarding)\s+([^.,;:!?\n]{3,120})`)
)

func subjectOf(task string) subject {
	lower := strings.ToLower(task)
	for _, known := range subjects {
		for _, word := range known.words {
			if strings.Contains(lower, word) {
				return subject{title: known.title, facts: known.facts, known: true}
			}
		}
	}
	title := shorten(strings.TrimSpace(task), 60)
	if m := quoted.FindStringSubmatch(task); m != nil {
		title = m[1]
	} else if m := about.FindStringSubmatch(task); m != nil {
		title = strings.TrimSpace(m[1])
	}
	return subject{title: title, facts: []string{
		"The demo answers without a network, so it has no facts on " + title + ": these are questions that a real model would start from.",
		"What would somebody who has never heard of " + title + " want to know first?",
		"Which part of it is widely agreed on, and which is still argued about?",
		"What changed in the last few years, and who noticed?",
	}}
}

// notes is the researcher's work: a list.
func (s subject) notes() string {
	return "Notes on " + s.title + "\n\n- " + strings.Join(s.facts, "\n- ")
}

// article is the writer's work, made from the notes that the page has passed on.
func (s subject) article(notes []string) string {
	if len(notes) == 0 {
		notes = s.facts
	}
	half := (len(notes) + 1) / 2
	paragraphs := []string{"# " + capital(s.title), strings.Join(notes[:half], " ")}
	if half < len(notes) {
		paragraphs = append(paragraphs, strings.Join(notes[half:], " "))
	}
	return strings.Join(append(paragraphs,
		fmt.Sprintf("Written by the demo provider from %d notes of the researcher.", len(notes))), "\n\n")
}

// bullets are the list items of a text.
func bullets(text string) []string {
	var out []string
	for line := range strings.Lines(text) {
		if item, ok := strings.CutPrefix(strings.TrimSpace(line), "- "); ok {
			out = append(out, item)
		}
	}
	return out
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// shorten cuts at a word.
func shorten(s string, limit int) string {
	r := []rune(s)
	if len(r) <= limit {
		return s
	}
	short := string(r[:limit])
	if i := strings.LastIndexByte(short, ' '); i > limit/2 {
		short = short[:i]
	}
	return short + "…"
}
