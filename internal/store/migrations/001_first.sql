-- Times are milliseconds since 1970 UTC, 0 for none, unless a column says otherwise.

CREATE TABLE setting (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What the user changed in the catalogue of providers, as the JSON that internal/provider reads.
CREATE TABLE provider_row (
    id   TEXT NOT NULL PRIMARY KEY,
    json TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The index of the credentials. The secrets lie in the vault, never here; hint is at most their last four characters.
CREATE TABLE credential (
    provider  TEXT    NOT NULL,
    label     TEXT    NOT NULL,
    hint      TEXT    NOT NULL,
    endpoint  TEXT    NOT NULL,
    added     INTEGER NOT NULL,
    last_used INTEGER NOT NULL DEFAULT 0,
    vault     TEXT    NOT NULL,
    PRIMARY KEY (provider, label)
) STRICT, WITHOUT ROWID;

-- What a site may do with one provider. classes and models are JSON lists, limits is a JSON object.
CREATE TABLE grant (
    origin     TEXT    NOT NULL,
    provider   TEXT    NOT NULL,
    id         INTEGER NOT NULL UNIQUE,
    classes    TEXT    NOT NULL,
    models     TEXT    NOT NULL,
    limits     TEXT    NOT NULL,
    credential TEXT    NOT NULL,
    expires    INTEGER NOT NULL, -- as the user chose it, by the wall clock
    ends       INTEGER NOT NULL, -- the same on grant_clock, which never goes back; this one decides
    given      INTEGER NOT NULL,
    given_by   TEXT    NOT NULL,
    last_used  INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (origin, provider)
) STRICT, WITHOUT ROWID;

-- What the user denied for a while. The row with no provider counts the answers of the whole site.
CREATE TABLE denial (
    origin   TEXT    NOT NULL,
    provider TEXT    NOT NULL,
    count    INTEGER NOT NULL,
    last     INTEGER NOT NULL, -- on grant_clock
    until    INTEGER NOT NULL, -- on grant_clock
    PRIMARY KEY (origin, provider)
) STRICT, WITHOUT ROWID;

CREATE TABLE block (
    origin  TEXT    NOT NULL PRIMARY KEY,
    blocked INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The clock that grants end by: one row. at is how far it has come, lead how far it runs ahead of the wall clock.
CREATE TABLE grant_clock (
    one  INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    at   INTEGER NOT NULL,
    lead INTEGER NOT NULL
) STRICT;

-- The ledger. Tokens are -1 where the provider did not report them. count is above 1 where refusals were summed up.
CREATE TABLE entry (
    id           INTEGER PRIMARY KEY AUTOINCREMENT, -- never used again after retention has deleted a line
    time         INTEGER NOT NULL,
    origin       TEXT    NOT NULL,
    provider     TEXT    NOT NULL,
    endpoint     TEXT    NOT NULL, -- method and path template; never a query string
    model        TEXT    NOT NULL,
    credential   TEXT    NOT NULL, -- its label
    grant_id     INTEGER NOT NULL, -- 0: none
    status       INTEGER NOT NULL,
    code         TEXT    NOT NULL,
    refused      INTEGER NOT NULL CHECK (refused IN (0, 1)),
    count        INTEGER NOT NULL DEFAULT 1,
    input        INTEGER NOT NULL,
    output       INTEGER NOT NULL,
    cached_input INTEGER NOT NULL,
    cache_write  INTEGER NOT NULL,
    reasoning    INTEGER NOT NULL,
    millis       INTEGER NOT NULL,
    bytes_in     INTEGER NOT NULL,
    bytes_out    INTEGER NOT NULL
) STRICT;

CREATE INDEX entry_time ON entry (time);
CREATE INDEX entry_served ON entry (origin) WHERE refused = 0;
