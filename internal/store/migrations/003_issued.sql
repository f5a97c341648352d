-- Ids of data saved at providers, and the site that each was first issued to: so that one site does not reach what another
-- made. hash is SHA-256 of the provider, a zero byte, and the id; the id itself is never kept.
CREATE TABLE issued (
    hash   BLOB    NOT NULL PRIMARY KEY,
    origin TEXT    NOT NULL,
    time   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX issued_time ON issued (time);
