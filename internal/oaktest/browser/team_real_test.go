//go:build real

package browser_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/oaklock/oaklock/internal/oaktest"
	"github.com/oaklock/oaklock/internal/oaktest/browser"
)

const origin = "https://app.kaiban.test"

func open(t *testing.T, permitted bool) *browser.Browser {
	t.Helper()
	page := oaktest.NewPageServer(t, origin, nil)
	return browser.Start(t, browser.Options{Origin: page.Origin, SPKI: page.SPKI, PagePort: page.Port, LNA: permitted})
}

func minute(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// The test's own ground: a team asks a provider that lets every page in, with the key in the page.
func TestTeamsOfAllProvidersFinish(t *testing.T) {
	b := open(t, true)
	for _, name := range []string{"openai", "anthropic", "google", "mistral"} {
		for _, streaming := range []bool{false, true} {
			if name == "openai" && streaming {
				continue // it would fetch a tokenizer table from another host first
			}
			t.Run(name, func(t *testing.T) {
				key := oaktest.Key(name)
				p := oaktest.NewProvider(t, oaktest.ProviderOptions{Key: key, CORS: true})
				base := p.BaseURL(name)
				tab := b.Open(origin + browser.Team{Provider: name, Base: base, Key: key, Streaming: streaming}.Path())
				s := b.WaitTab(minute(t), tab, browser.Finished, browser.Errored)
				if s.State != browser.Finished || !strings.Contains(s.Text, "Written by the demo provider from 5 notes") {
					t.Fatalf("%+v\n%s", s, p.Requests())
				}
				if p.Count() != 4 {
					t.Errorf("two agents with a thought and an answer each made %d requests: %s", p.Count(), p.Requests())
				}
				b.Shut(tab)
			})
		}
	}
}

func TestWhatThePageSeesIsObserved(t *testing.T) {
	b := open(t, true)
	key := oaktest.Key("openai")
	p := oaktest.NewProvider(t, oaktest.ProviderOptions{Key: key, CORS: true})
	tab := b.Open(origin + "/probe.html")

	t.Run("a whole answer", func(t *testing.T) {
		p.Next(oaktest.EchoKey(401))
		seen := b.Probe(tab, browser.Probe{Do: "fetch", URL: p.BaseURL("openai") + "/models"})
		if seen["status"] != 401.0 || !strings.Contains(seen["body"].(string), key) {
			t.Errorf("the page saw %v", seen)
		}
		if !strings.Contains(string(b.Observed()), key) {
			t.Error("the key in the body was not observed")
		}
	})
	t.Run("an answer that is cut off", func(t *testing.T) {
		marker := oaktest.Key("anthropic")
		gate := make(chan string)
		p.Next(oaktest.Drip(gate))
		b.Evaluate(tab, `void probe({do: 'fetch', url: '`+p.BaseURL("openai")+`/models'}).then(s => window.cut = s)`)
		gate <- marker
		gate <- "second" // the first is out
		b.WaitEvent(minute(t), func(e browser.Event) bool {
			return e.Kind == "bytes" && strings.Contains(string(e.JSON), "event-stream")
		})
		p.Server.CloseClientConnections()
		b.WaitEvent(minute(t), func(e browser.Event) bool {
			return e.Kind == "exchange" && strings.Contains(string(e.JSON), `"failed"`)
		})
		if !strings.Contains(string(b.Observed()), marker) {
			t.Error("what arrived before the cut was not observed")
		}
	})
	t.Run("storage, document, console and socket", func(t *testing.T) {
		markers := []string{"in-local-storage", "in-session-storage", "in-a-cookie", "in-the-document", "in-a-database", "on-the-console"}
		b.Evaluate(tab, `(async () => {
			localStorage.a = 'in-local-storage'; sessionStorage.a = 'in-session-storage'; document.cookie = 'a=in-a-cookie; secure'
			document.body.append('in-the-document'); console.log('on-the-console')
			const open = indexedDB.open('d')
			open.onupgradeneeded = () => open.result.createObjectStore('s')
			await new Promise(r => open.onsuccess = r)
			const tx = open.result.transaction('s', 'readwrite'); tx.objectStore('s').put('in-a-database', 1)
			await new Promise(r => tx.oncomplete = r); open.result.close()
		})()`)
		observed := string(b.Observed())
		for _, m := range markers {
			if !strings.Contains(observed, m) {
				t.Errorf("%s was not observed", m)
			}
		}
	})
}

func TestWithoutThePermissionNothingArrives(t *testing.T) {
	b := open(t, false)
	p := oaktest.NewProvider(t, oaktest.ProviderOptions{CORS: true})
	tab := b.Open(origin + "/probe.html")
	for _, do := range []string{"fetch", "no-cors", "xhr", "websocket", "eventsource"} {
		address := p.BaseURL("openai") + "/models"
		if do == "websocket" {
			address = strings.Replace(address, "http:", "ws:", 1)
		}
		seen, _ := json.Marshal(b.Probe(tab, browser.Probe{Do: do, URL: address, Patience: 1000}))
		if strings.Contains(string(seen), `"status":200`) {
			t.Errorf("%s got an answer: %s", do, seen)
		}
	}
	if p.Count() != 0 {
		t.Errorf("%d requests arrived: %s", p.Count(), p.Requests())
	}
	state := b.Probe(tab, browser.Probe{Do: "permission"})
	if state["loopback-network"] == "granted" {
		t.Errorf("the permission is %v", state)
	}
	b.Open(origin + browser.Team{Provider: "openai", Base: p.BaseURL("openai")}.Path())
	if s := b.WaitStatus(minute(t), browser.Finished, browser.Errored); s.State != browser.Errored {
		t.Errorf("the team is %+v", s)
	}
}
