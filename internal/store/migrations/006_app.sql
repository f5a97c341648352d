-- Programs of this machine that have a key of Oaklock's own. hash is the SHA-256 of the key, in hex; the key itself is nowhere.
-- What they may do stands in grant, under the origin app:NAME.
CREATE TABLE app (
    name  TEXT    NOT NULL PRIMARY KEY,
    hash  TEXT    NOT NULL UNIQUE,
    hint  TEXT    NOT NULL, -- the key's last four characters
    added INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
