#!/usr/bin/env bash
# Compares the agent with a direct connection, a bare httputil.ReverseProxy and nginx, and writes docs/performance.md.
#
# The agent is built with the tag "bench", which lifts the number of requests at once and nothing else: the others have
# no such limit, and a thousand streams are compared.
set -euo pipefail
cd "$(dirname "$0")/.."

agent=build/tmp/oaklock-bench
CGO_ENABLED=0 go build -tags bench -trimpath -ldflags '-s -w' -o "$agent" .
ln -sf ../bin/oaklock-window build/tmp/oaklock-window # the agent starts the one that lies beside it
OAKLOCK_BIN=$PWD/$agent OAKLOCK_BENCH_TO=$PWD/docs/performance.md \
  go test ./internal/e2e -tags bench -count=1 -run '^TestBench$' -v -timeout 15m
