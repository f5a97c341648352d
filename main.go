// Oaklock lets people use their own API keys on web pages without giving the key to the page.
package main

import (
	"os"

	"github.com/oaklock/oaklock/app"
)

func main() { os.Exit(app.Main(os.Args[1:])) }
