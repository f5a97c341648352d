# The commands that a person types. "make" alone lists them.
#
# Files that a step leaves behind are its stamps, so a second run does only what is out of date. Needs GNU make.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules
# With -j the lines of each check stay together. The other commands show theirs as they come.
ifneq (,$(filter check,$(MAKECMDGOALS)))
MAKEFLAGS += --output-sync=target
endif

# A clone that another user owns (a container's, for one) makes Go's own version stamp fail; the version below is ours.
export GOFLAGS := $(strip $(GOFLAGS) -buildvcs=false)

VERSION := $(shell build/version.sh)
export SOURCE_DATE_EPOCH := $(shell build/version.sh epoch)
LDFLAGS := -s -w -X github.com/oaklock/oaklock/app.version=$(VERSION)

# The window's files in Go have the tag "bindings" in common with Wails' generator: with it they can be checked without
# compiling GTK. "real" are the tests that use the keychain, the browser and the window.
WINDOW_TAGS := webkit2_41
CHECK_TAGS := real,bench,bindings,soak

WAILS := go tool -modfile=build/tools.mod wails
LINT := go tool -modfile=build/lint.mod

AGENT := build/bin/oaklock
WINDOW := build/bin/oaklock-window
WINDOW_DEV := build/bin/oaklock-window-dev
DEB := build/bin/packages/oaklock_$(VERSION)_linux_$(shell go env GOARCH).deb

# What each step reads. Tests are no part of a program, and wailsjs/runtime is written by every build of the window.
GO_FILES := main.go go.mod go.sum $(shell find app internal -type f ! -name '*_test.go' ! -path '*/testdata/*') $(wildcard frontend/*.go frontend/*/*.go)
OURS := -type d \( -name node_modules -o -name dist \) -prune -o -type f
PAGE_FILES := $(shell find frontend $(OURS) ! -path 'frontend/demo/*' ! -path 'frontend/e2e/*' ! -path 'frontend/examples/*' ! -path 'frontend/tests/*' ! -path 'frontend/wailsjs/runtime/*' ! -name '*.go' ! -name '*.test.*' ! -name '*.md' -print)
DEMO_FILES := $(shell find frontend/demo $(OURS) ! -name '*.go' -print 2>/dev/null)
E2E_FILES := $(shell find frontend/e2e $(OURS) ! -name '*.go' -print 2>/dev/null)

MODULES := frontend/node_modules/.package-lock.json
PAGE := frontend/dist/index.html
DEMO := frontend/demo/dist/index.html
E2E := frontend/e2e/dist/.stamp
EXAMPLE := frontend/examples/kaibanjs-vite

.PHONY: help
help: ## list the commands
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1|\2/p' Makefile | column -t -s '|'

# --- run and build ----------------------------------------------------------------------------------------------------

.PHONY: run
run: setup-run build ## set up what is missing, start Oaklock, and offer the demo (Ctrl+C ends the demo)
	@$(AGENT)
	@echo 'Where it says oaklock here, the program is $(AGENT).'
	@exec $(AGENT) demo

.PHONY: demo
demo: setup-run build ## the demo provider and the demo page alone
	@exec $(AGENT) demo

.PHONY: build
build: $(AGENT) $(WINDOW) ## both programs, into build/bin

# Changes only when the version does.
.PHONY: always
build/tmp/version: always
	@mkdir -p $(@D); echo '$(VERSION)' | cmp -s - $@ || echo '$(VERSION)' >$@

$(AGENT): $(GO_FILES) $(PAGE) $(DEMO) build/tmp/version
	CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)' -o $@ .

# The frontend is built by its own rule and the bindings are committed, so Wails is left only the compiling.
$(WINDOW): $(GO_FILES) $(PAGE) $(DEMO) build/tmp/version build/tools.mod wails.json
	$(WAILS) build -m -nosyncgomod -s -skipbindings -skipembedcreate -nopackage -nocolour -v 1 \
		-trimpath -ldflags '$(LDFLAGS)' -o $(@F)
	@touch $@

# The window as its tests need it: with a server through which a browser uses the bindings. That server asks nobody who he is, so
# this program goes into no package.
$(WINDOW_DEV): $(GO_FILES) $(PAGE) $(DEMO)
	go build -tags dev,$(WINDOW_TAGS) -o $@ .

$(MODULES): frontend/package.json frontend/package-lock.json frontend/.npmrc
	cd frontend && npm ci --ignore-scripts --no-audit --no-fund
	@touch $@

# Vite empties dist; the agent embeds it also in a clone where npm has never run, hence .gitkeep.
$(PAGE): $(MODULES) $(PAGE_FILES)
	cd frontend && npm run build
	@test -s $@ && touch $@ frontend/dist/.gitkeep

$(DEMO): $(MODULES) $(PAGE_FILES) $(DEMO_FILES)
	cd frontend && npm run build:demo
	@test -s $@ && touch $@ frontend/demo/dist/.gitkeep

$(E2E): $(MODULES) $(PAGE_FILES) $(E2E_FILES)
	cd frontend && npm run build:e2e
	@touch $@

# An example is a project of its own, which the tests build and run as its README says.
$(EXAMPLE)/node_modules/.package-lock.json: $(EXAMPLE)/package.json $(EXAMPLE)/package-lock.json $(EXAMPLE)/.npmrc
	cd $(EXAMPLE) && npm ci
	@touch $@

# For Windows both are cross-compiled without C. Without the web engine the window shows where to get it: by itself Wails would
# download a program and run it.
$(AGENT).exe: $(GO_FILES) $(PAGE) $(DEMO) build/tmp/version
	GOOS=windows GOARCH=amd64 CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)' -o $@ .

$(WINDOW).exe: $(GO_FILES) $(PAGE) $(DEMO) build/tmp/version build/tools.mod wails.json | $(WINDOW)
	@mkdir -p build/windows && cp build/icons/oaklock.ico build/windows/icon.ico
	$(WAILS) build -platform windows/amd64 -webview2 browser -m -nosyncgomod -s -skipbindings -skipembedcreate -nocolour -v 1 \
		-trimpath -ldflags '$(LDFLAGS)' -o $(@F)
	@touch $@

.PHONY: pictures
pictures: setup-test build $(E2E) ## the pictures of the window, for README: the real window on a display of its own
	OAKLOCK_BIN=$(CURDIR)/$(AGENT) OAKLOCK_WINDOW_BIN=$(CURDIR)/$(WINDOW) OAKLOCK_PICTURES=$(CURDIR)/docs/pictures \
		go test -tags real -count=1 -run '^TestPictures$$' ./internal/e2e

.PHONY: golden
golden: setup-test build $(MODULES) ## make the golden pictures anew where a change to how the window looks was meant
	cd frontend && npm run golden
	OAKLOCK_BIN=$(CURDIR)/$(AGENT) OAKLOCK_WINDOW_BIN=$(CURDIR)/$(WINDOW) go test -tags real -count=1 -run '^TestLooks$$' ./internal/e2e -update

.PHONY: pictures-browsers
pictures-browsers: ## the pictures of what browsers ask, for docs/browsers.md
	node build/pictures/browsers.mjs docs/pictures

.PHONY: pictures-tray
pictures-tray: $(AGENT) ## the tray icon in the panel of Xfce, dark and light, at 16 and 22 pixels; needs xfce4-panel
	OAKLOCK_BIN=$(CURDIR)/$(AGENT) build/pictures/tray.sh docs/pictures

.PHONY: bindings
bindings: ## write the window's TypeScript bindings anew
	build/bindings.sh write

# --- test -------------------------------------------------------------------------------------------------------------

# One after the other, also with -j: the real tests own the display and the keychain, and measure time.
.PHONY: test
test: setup-test build $(E2E) $(EXAMPLE)/node_modules/.package-lock.json $(DEB) ## set up what is missing and run every test, those with the real keychain, browser and window too
	cd frontend && npm run test
	cd frontend && npm run test:browser
	$(MAKE) test-window
	go test -race ./...
	OAKLOCK_BIN=$(CURDIR)/$(AGENT) OAKLOCK_WINDOW_BIN=$(CURDIR)/$(WINDOW) OAKLOCK_DEB=$(CURDIR)/$(DEB) build/real-tests.sh

.PHONY: test-window
test-window: setup-test $(AGENT) $(WINDOW_DEV) ## the window's flows in a browser, with the real bindings and a real agent behind them
	cd frontend && OAKLOCK_BIN=$(CURDIR)/$(AGENT) OAKLOCK_WINDOW_DEV_BIN=$(CURDIR)/$(WINDOW_DEV) npm run test:window

# --- package ----------------------------------------------------------------------------------------------------------

PACKING := $(wildcard build/package/* build/papers/*.go build/icons/*) build/package.sh build/package.mod CHANGELOG.md LICENSE docs/browsers.md $(wildcard docs/pictures/permission-*.png)

.PHONY: package
package: setup-package build $(AGENT).exe $(WINDOW).exe ## what people install, into build/bin/packages: .deb, .rpm, .tar.gz, Windows, parts for macOS
	VERSION='$(VERSION)' build/package.sh all
	VERSION='$(VERSION)' build/package-open.sh

.PHONY: package-check
package-check: setup-package ## build every package a second time, elsewhere and from nothing, and compare the bytes
	VERSION='$(VERSION)' build/package-check.sh

$(DEB): $(AGENT) $(WINDOW) $(PACKING)
	VERSION='$(VERSION)' build/package.sh deb

.PHONY: fuzz
fuzz: ## every fuzz target for a few seconds (FUZZTIME=5s)
	build/fuzz.sh $(or $(FUZZTIME),5s)

.PHONY: soak
soak: setup-test ## an hour of mixed load while keys, permissions and the clock are taken away and given back (SOAK=60m)
	OAKLOCK_SOAK=$(or $(SOAK),60m) go test -tags soak -count=1 -timeout 0 -v -run '^TestSoak$$' ./internal/e2e

.PHONY: bench
bench: setup-test build ## benchmarks, and docs/performance.md: the comparison with a direct connection, a bare reverse proxy and nginx
	build/setup.sh bench
	go test -run='^$$' -bench=. -benchmem ./...
	build/bench.sh

# --- check ------------------------------------------------------------------------------------------------------------

.PHONY: check
check: check-format check-vet check-lint check-imports check-modules check-vulnerabilities check-frontend check-bindings ## everything that can be said without running the programs

.PHONY: check-format
check-format:
	@echo '== gofmt'
	@wrong=$$(find . -type d \( -name node_modules -o -name .git \) -prune -o -name '*.go' -print0 | xargs -0 gofmt -s -l); \
		[ -z "$$wrong" ] || { printf 'not formatted (gofmt -s -w):\n%s\n' "$$wrong"; exit 1; }

# Other systems are checked without cgo and without the window, whose web view is theirs.
.PHONY: check-vet
check-vet:
	@echo '== go vet, for this system, Windows and macOS'
	go vet ./...
	go vet -tags $(CHECK_TAGS) ./...
	GOOS=windows CGO_ENABLED=0 go vet ./...
	GOOS=darwin CGO_ENABLED=0 go vet ./...

# Staticcheck among them.
.PHONY: check-lint
check-lint:
	@echo '== golangci-lint, staticcheck in it (.golangci.yml)'
	$(LINT) golangci-lint run --build-tags $(CHECK_TAGS) ./...

.PHONY: check-imports
check-imports:
	@echo '== who imports whom'
	go test -count=1 -run '^TestImports$$' ./internal/e2e

.PHONY: check-modules
check-modules:
	@echo '== go.mod, and the downloaded modules against go.sum'
	go mod tidy -diff
	go mod verify
	go mod verify -modfile=build/tools.mod
	go mod verify -modfile=build/lint.mod
	go mod verify -modfile=build/package.mod
	go mod verify -modfile=build/faults.mod

# With the tags of the window, so that what it alone reaches is looked at too. GOVULNDB names another database.
.PHONY: check-vulnerabilities
check-vulnerabilities: setup-run
	@echo '== govulncheck'
	$(LINT) govulncheck $(if $(GOVULNDB),-db '$(GOVULNDB)') -tags desktop,production,$(WINDOW_TAGS) ./...

.PHONY: check-frontend
check-frontend: $(MODULES)
	@echo '== frontend: prettier, eslint, svelte-check, tsc'
	cd frontend && npm run check

.PHONY: check-bindings
check-bindings: setup-run
	@echo '== the window'"'"'s bindings are those of the code'
	build/bindings.sh check

# --- the rest ---------------------------------------------------------------------------------------------------------

.PHONY: setup-run setup-test setup-package
setup-run:
	@build/setup.sh run
setup-test:
	@build/setup.sh test
setup-package:
	@build/setup.sh package
# Nothing is built before what building needs is there.
$(MODULES) $(PAGE) $(DEMO) $(E2E) $(EXAMPLE)/node_modules/.package-lock.json: | setup-run
$(AGENT) $(WINDOW) $(WINDOW_DEV): | setup-run

.PHONY: clean
clean: ## remove all that was built or downloaded into this folder
	rm -rf build/bin build/tmp build/windows frontend/node_modules frontend/e2e/dist frontend/examples/*/node_modules frontend/examples/*/dist
	find frontend/dist frontend/demo/dist -mindepth 1 ! -name .gitkeep -delete
