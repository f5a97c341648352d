-- What shows that the database was changed by Oaklock alone. A mark is an HMAC-SHA256 over one row of a table that decides
-- something, with a key that lies in the user's keychain; name is the row's key, its parts with a zero byte between them.
CREATE TABLE seal_mark (
    of   TEXT NOT NULL, -- the table
    name TEXT NOT NULL,
    mark BLOB NOT NULL,
    PRIMARY KEY (of, name)
) STRICT, WITHOUT ROWID;

-- One row, once there is a key. counter grows with every change; mark is over the counter and all marks, but for that of
-- grant_clock, which moves by itself.
CREATE TABLE seal (
    one     INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    counter INTEGER NOT NULL,
    mark    BLOB    NOT NULL
) STRICT;
