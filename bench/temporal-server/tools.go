//go:build tools

// Package tools names the programs of Temporal's server that the benchmark on PostgreSQL builds, so that go.mod pins them.
package tools

import (
	_ "go.temporal.io/server/cmd/server"
	_ "go.temporal.io/server/cmd/tools/sql"
)
