-- The lines of the log are chained: hash is SHA-256 over the hash of the line before and all that this line says. Lines from
-- before there was a chain have none.
ALTER TABLE entry ADD COLUMN hash BLOB NOT NULL DEFAULT x'';

-- One row, once there is a key: where the chain begins and ends. It is sealed, so that a chain that was reckoned anew from
-- some line on shows. The lines up to the one with the number after are no part of it: they were from before, or are deleted.
CREATE TABLE log_chain (
    one    INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    after  INTEGER NOT NULL,
    root   BLOB    NOT NULL, -- the hash of that line
    last   INTEGER NOT NULL, -- the newest line
    head   BLOB    NOT NULL, -- its hash
    broken TEXT    NOT NULL  -- what was found not to fit, as the JSON that internal/ledger reads; empty: nothing
) STRICT;

-- The last date on which old lines were looked for, and the one before it, as days since 1970: one row.
CREATE TABLE retention (
    one    INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    seen   INTEGER NOT NULL,
    before INTEGER NOT NULL -- 0: none
) STRICT;
