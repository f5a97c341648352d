// Package store opens the one database.
package store

import (
	"context"
	"database/sql"
	"errors"
)

// CONTRACT: signatures are fixed (more may be added), bodies to be written.

var (
	ErrNewer    = errors.New("the database was written by a newer Oaklock")
	ErrReadOnly = errors.New("the profile folder cannot be written")
	ErrFull     = errors.New("the disk is full")
	ErrUnsafe   = errors.New("the profile folder is not safe")
)

// DB is an open database, WAL, one writer.
type DB struct{ Recovered string } // Recovered: where a broken database was moved to; empty normally

func Open(ctx context.Context, dir string) (*DB, error) { panic("contract") } // dir: profile folder, 0700; checks owner, mode, symlink
func (d *DB) Close() error                              { panic("contract") }
func (d *DB) SQL() *sql.DB                              { panic("contract") }

// Write runs f in one IMMEDIATE transaction, durable when it returns nil (synchronous=FULL); one at a time.
func (d *DB) Write(ctx context.Context, f func(*sql.Tx) error) error { panic("contract") }

// CheckDir makes dir 0700 if missing and refuses one that another user owns, that others may enter, or that is a symlink.
func CheckDir(dir string) error { panic("contract") }

// Settings are name to value.
func (d *DB) Settings(ctx context.Context) (map[string]string, error)  { panic("contract") }
func (d *DB) SetSetting(ctx context.Context, name, value string) error { panic("contract") } // "" deletes
// Overrides of the provider catalogue as opaque JSON by id.
func (d *DB) ProviderRows(ctx context.Context) (map[string]string, error) { panic("contract") }
func (d *DB) SetProviderRow(ctx context.Context, id, json string) error   { panic("contract") } // "" deletes
