package app

import (
	"fmt"
	"strings"

	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/money"
	"github.com/oaklock/oaklock/internal/notify"
	"github.com/oaklock/oaklock/internal/tray"
)

// desktopWords is all that the tray and the notifications say, in one language. The window has files of its own for what it says
// (frontend/src/words); this is what is said where no page can say it.
type desktopWords struct {
	tray    tray.Words
	buttons map[notify.Action]string

	locked, paused                       string
	waits, runsAway, answers, limited    string // of one site
	wait, runAway, underWay              string // of several
	noLimit, isUnsaved, spent            string
	missed, severalMissed                string
	noPlace, outOfReach                  string
	noKey, oneUnusable, noneUsable       string
	noSite, oneSite, sites               string
	asks, asksForSeveral, and            string // a site, and the names of providers
	through, notBrowser, openToDecide    string
	isPaused, goOn                       string
	isLimited, raise, isUnpriced, setOne string
	windowOpen, windowBehind, isBehind   string
	notQuit, quitAnyway                  string
	notCopied, copyIt                    string
	notStarted                           string
	whyNot                               func(error) string // it has not started
	why                                  func(control.PausedSite) string
	limit                                func(control.OverLimit) string
	problem                              func(control.Problem) string
}

// english says what the agent says in the agent's own words.
var english = desktopWords{
	tray:    tray.English,
	buttons: map[notify.Action]string{notify.Open: "Open", notify.Deny: "Deny"},

	locked: "Oaklock is locked", paused: "Oaklock is paused",
	waits: "%s waits for your answer", runsAway: "%s ran away and is paused", answers: "%s is getting an answer", limited: "%s was stopped by a limit",
	wait: "%d sites wait for your answer", runAway: "%d sites ran away and are paused", underWay: "%d answers are under way",
	noPlace: "Oaklock is on and has no place for your keys yet", outOfReach: "Oaklock cannot reach your keys",
	noLimit: "No site gets an answer until you set your limit anew", isUnsaved: "Something that you decided is not saved yet",
	spent: "Your limit over everything is used up", missed: "1 question was missed and can still be answered", severalMissed: "%d questions were missed and can still be answered",
	noKey: "Oaklock is on and has no keys yet", oneUnusable: "Your key cannot be used", noneUsable: "None of your keys can be used",
	noSite: "Oaklock is on, and no site may use your keys yet", oneSite: "Oaklock is on for 1 site", sites: "Oaklock is on for %d sites",
	asks: "%s asks to use your %s key", asksForSeveral: "%s asks to use your %s keys", and: "and",
	through: "Through %s. ", notBrowser: "It comes from the program %s, which is no browser that Oaklock knows. ",
	openToDecide: "Open Oaklock to allow or deny it. The page waits.",
	isPaused:     "%s is paused", goOn: "Nothing that you allowed is lost. Open Oaklock to let it go on, or to block it.",
	isLimited: "%s has come to a limit", raise: "Open Oaklock to raise it.",
	isUnpriced: "%s asks for a model without a price", setOne: "Open Oaklock to set one.",
	windowOpen: "Oaklock's window is open", windowBehind: "This desktop did not let it come forward. Look for it in the task bar or among your windows.",
	isBehind:  "Its window is open behind others",
	notCopied: "The endpoint was not copied", copyIt: "It is %s. In this kind of session Oaklock needs the program wl-copy to copy it (package wl-clipboard). The window has a button for it too.",
	notStarted: "Oaklock has not started", whyNot: asSentence,
	notQuit: "Oaklock has not quit", quitAnyway: "To quit all the same, choose Quit Oaklock again.",
	why:     func(p control.PausedSite) string { return p.Message },
	limit:   func(o control.OverLimit) string { return o.Message },
	problem: func(p control.Problem) string { return p.Message + " " + p.Fix },
}

var spanish = desktopWords{
	tray: tray.Words{
		On: "Oaklock está activo.", Paused: "Oaklock está en pausa.", Locked: "Oaklock está cerrado con llave.",
		Waits: "Responder a %s…", More: "%d más esperan tu respuesta…",
		Pause: "Pausar todo", Resume: "Reanudar", Lock: "Cerrar con llave", Unlock: "Abrir con llave…",
		Copy: "Copiar la dirección (%s)", Open: "Abrir Oaklock", Quit: "Salir de Oaklock",
	},
	buttons: map[notify.Action]string{notify.Open: "Abrir", notify.Deny: "Denegar"},

	locked: "Oaklock está cerrado con llave", paused: "Oaklock está en pausa",
	waits: "%s espera tu respuesta", runsAway: "%s se desbocó y está en pausa", answers: "%s está recibiendo una respuesta", limited: "Un límite detuvo a %s",
	wait: "%d sitios esperan tu respuesta", runAway: "%d sitios se desbocaron y están en pausa", underWay: "%d respuestas en curso",
	noPlace: "Oaklock está activo y todavía no tiene dónde guardar tus claves", outOfReach: "Oaklock no puede llegar a tus claves",
	noLimit: "Ningún sitio recibe respuesta hasta que vuelvas a poner tu límite", isUnsaved: "Algo que decidiste no se ha guardado todavía",
	spent: "Tu límite en total está agotado", missed: "Una pregunta quedó sin respuesta y aún se puede responder", severalMissed: "%d preguntas quedaron sin respuesta y aún se pueden responder",
	noKey: "Oaklock está activo y todavía no tiene ninguna clave", oneUnusable: "Tu clave no se puede usar", noneUsable: "Ninguna de tus claves se puede usar",
	noSite: "Oaklock está activo, y ningún sitio puede usar todavía tus claves", oneSite: "Oaklock está activo para 1 sitio", sites: "Oaklock está activo para %d sitios",
	asks: "%s pide usar tu clave de %s", asksForSeveral: "%s pide usar tus claves de %s", and: "y",
	through: "A través de %s. ", notBrowser: "Viene del programa %s, que no es un navegador que Oaklock conozca. ",
	openToDecide: "Abre Oaklock para permitirlo o denegarlo. La página espera.",
	isPaused:     "%s está en pausa", goOn: "No se ha perdido nada de lo que permitiste. Abre Oaklock para dejar que siga, o para bloquearlo.",
	isLimited: "%s ha llegado a un límite", raise: "Abre Oaklock para subirlo.",
	isUnpriced: "%s pide un modelo sin precio", setOne: "Abre Oaklock para ponerlo.",
	windowOpen: "La ventana de Oaklock está abierta", windowBehind: "Este escritorio no la dejó pasar al frente. Búscala en la barra de tareas o entre tus ventanas.",
	isBehind:  "Su ventana está abierta detrás de otras",
	notCopied: "No se copió la dirección", copyIt: "Es %s. En este tipo de sesión Oaklock necesita el programa wl-copy para copiarla (paquete wl-clipboard). La ventana también tiene un botón para ello.",
	notStarted: "Oaklock no ha arrancado",
	whyNot:     func(error) string { return "Escribe oaklock doctor en una terminal: dice por qué, y qué hacer." },
	notQuit:    "Oaklock no ha terminado", quitAnyway: "Para salir de todos modos, elige otra vez Salir de Oaklock.",
	why: whySpanish, limit: limitSpanish,
	// It names what cannot be saved, which is among the window's problems too.
	problem: func(control.Problem) string {
		return "Algo de lo que decidiste no se pudo guardar y se perdería al salir: en la ventana está qué. Haz sitio en el disco, o haz que se pueda escribir en la carpeta de Oaklock, y decide otra vez."
	},
}

func whySpanish(p control.PausedSite) string {
	what := map[string]string{
		"same_requests": "Envió %d solicitudes casi iguales en un minuto",
		"only_errors":   "%d de sus solicitudes fallaron una tras otra en un minuto",
		"cost_surge":    "De pronto costó mucho más de lo habitual, con %d solicitudes en un minuto",
	}[p.Reason]
	if what == "" {
		return p.Message
	}
	what = fmt.Sprintf(what, p.Count)
	if p.Cost > 0 {
		what += " (" + money.USD(p.Cost) + " en ese minuto)"
	}
	return what + "."
}

func limitSpanish(o control.OverLimit) string {
	if o.Code == "price_unknown" {
		return "Pidió a " + o.Name + " un modelo cuyo precio Oaklock no conoce, así que no se pudo respetar un límite en dólares."
	}
	ceiling := ceilingSpanish(o.Limit, o.Ceiling)
	if ceiling == "" {
		return o.Message
	}
	switch o.Scope {
	case control.OfKey:
		return fmt.Sprintf("Lo detuvo el límite de tu clave de %s «%s», que es de %s para todos los sitios juntos.", o.Name, o.Credential, ceiling)
	case control.OfAll:
		return "Lo detuvo tu límite en total, que es de " + ceiling + "."
	}
	return fmt.Sprintf("Su límite para %s es de %s.", o.Name, ceiling)
}

// ceilingSpanish is a limit with its unit and its time, by the agent's name for it.
func ceilingSpanish(limit string, n int64) string {
	switch limit {
	case "costDay":
		return money.USD(n) + " al día"
	case "costWeek":
		return money.USD(n) + " a la semana"
	case "costMonth":
		return money.USD(n) + " al mes"
	case "tokensDay":
		return fmt.Sprint(n, " tokens al día")
	case "tokensWeek":
		return fmt.Sprint(n, " tokens a la semana")
	case "tokensMonth":
		return fmt.Sprint(n, " tokens al mes")
	case "requestsPerMinute":
		return fmt.Sprint(n, " solicitudes por minuto")
	case "atOnce":
		return fmt.Sprint(n, " a la vez")
	case "outputTokens":
		return fmt.Sprint(n, " tokens por respuesta")
	}
	return ""
}

// wordsFor are those of the setting "language"; "system" is the first of the desktop's languages that there is. getenv is os.Getenv.
func wordsFor(choice string, getenv func(string) string) *desktopWords {
	if choice == "system" {
		choice = systemLanguage(getenv)
	}
	if choice == "es" {
		return &spanish
	}
	return &english
}

// systemLanguage is "en" or "es", or empty where the environment says neither. It reads that as gettext does: LANGUAGE is a list that
// counts only where there is a locale at all.
func systemLanguage(getenv func(string) string) string {
	locale := ""
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if locale = getenv(name); locale != "" {
			break
		}
	}
	if plain, _, _ := strings.Cut(locale, "."); plain == "" || plain == "C" || plain == "POSIX" {
		return ""
	}
	for tag := range strings.SplitSeq(getenv("LANGUAGE")+":"+locale, ":") {
		language := tag
		if end := strings.IndexAny(tag, "_-.@"); end >= 0 {
			language = tag[:end]
		}
		switch language {
		case "en", "es":
			return language
		}
	}
	return ""
}
