package demo_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/oaklock/oaklock/internal/demo"
)

// The words in which KaibanJS 0.23.1 puts a task to its agents.
const (
	agentSystem = `You are Ada.\n\nYour role is: Researcher.\nYour main goal is: Find things out\n…\n{\n  \"finalAnswer\": \"The final answer to the Task.\"\n}`
	agentTask   = `Hi Ada, please complete the following task: Collect facts about \"SUBJECT\". \n        Your expected output should be: \"A list\". \n        `
	agentNotes  = `Incorporate the following findings and insights from previous tasks: \"Task 1: x\nResult: Notes\n\n- Oaks are trees.\n- Locks are not.\n\"`
)

func agent(t *testing.T, turns ...string) map[string]any {
	t.Helper()
	messages := []string{`{"role":"system","content":"` + agentSystem + `"}`}
	for i, text := range turns {
		role := []string{"user", "assistant"}[i%2]
		messages = append(messages, `{"role":"`+role+`","content":"`+text+`"}`)
	}
	_, body := ask(t, demo.ProviderOptions{}, http.MethodPost, "/openai/v1/chat/completions", with(nil, "Authorization", demo.Key),
		`{"model":"m","messages":[`+strings.Join(messages, ",")+`]}`)
	var got struct {
		Choices []struct{ Message struct{ Content string } }
	}
	if err := json.Unmarshal([]byte(body), &got); err != nil || len(got.Choices) != 1 {
		t.Fatalf("%v in %s", err, body)
	}
	said, ok := parse(t, got.Choices[0].Message.Content).(map[string]any)
	if !ok {
		t.Fatalf("the agent cannot read %s", got.Choices[0].Message.Content)
	}
	return said
}

func TestAnAgentThinksOnceAndThenAnswers(t *testing.T) {
	task := strings.Replace(agentTask, "SUBJECT", "why the sky is blue", 1)
	first := agent(t, task)
	if first["action"] != "self_question" || first["thought"] == "" || first["finalAnswer"] != nil {
		t.Errorf("first round: %v", first)
	}
	second := agent(t, task, "thought", "Awesome, please answer yourself the question: x.")
	if answer, _ := second["finalAnswer"].(string); !strings.Contains(answer, "- Molecules of air") {
		t.Errorf("second round: %v", second)
	}
}

func TestAWriterUsesTheNotesOfTheResearcher(t *testing.T) {
	task := strings.Replace(agentTask, "SUBJECT", "oaks", 1)
	got := agent(t, task+agentNotes, "thought", "Awesome, please answer yourself the question: x.")
	answer, _ := got["finalAnswer"].(string)
	if !strings.HasPrefix(answer, "# Oaks\n") || !strings.Contains(answer, "Oaks are trees.") || !strings.Contains(answer, "Locks are not.") {
		t.Errorf("got %q", answer)
	}
}

func TestAnUnknownSubjectIsNamedAndAdmitted(t *testing.T) {
	task := strings.Replace(agentTask, "SUBJECT", "tea in Peru", 1)
	got := agent(t, task, "thought", "Awesome, please answer yourself the question: x.")
	if answer, _ := got["finalAnswer"].(string); !strings.Contains(answer, "no facts on tea in Peru") {
		t.Errorf("got %q", answer)
	}
}

func TestAnAgentAsksAboutItsLatestTask(t *testing.T) {
	first := strings.Replace(agentTask, "SUBJECT", "why the sky is blue", 1)
	second := strings.Replace(agentTask, "SUBJECT", "honey bees", 1)
	got := agent(t, first, "done", second, "thought", "Awesome.")
	if answer, _ := got["finalAnswer"].(string); !strings.Contains(answer, "dance") {
		t.Errorf("got %q", answer)
	}
}
