-- What requests cost, and what limits need to know after a restart. Costs are millionths of a US dollar. A day is a date in
-- the user's time zone, as days since 1970-01-01; a request counts on the day on which it was reserved.

ALTER TABLE entry ADD COLUMN day INTEGER NOT NULL DEFAULT 0;
ALTER TABLE entry ADD COLUMN tokens INTEGER NOT NULL DEFAULT 0; -- what counted against limits: of a refusal 0
ALTER TABLE entry ADD COLUMN cost INTEGER NOT NULL DEFAULT 0;   -- what counted against limits; -1: the model had no price
-- The provider did not say what it took, so that tokens and cost are the most that it can have been.
ALTER TABLE entry ADD COLUMN estimated INTEGER NOT NULL DEFAULT 0 CHECK (estimated IN (0, 1));
ALTER TABLE entry ADD COLUMN hold INTEGER NOT NULL DEFAULT 0;   -- the number of its reservation, 0: none

UPDATE entry SET
    day = CAST(julianday(time / 1000.0, 'unixepoch', 'localtime', 'start of day') - 2440587.5 AS INTEGER),
    tokens = iif(refused = 0, max(input, 0) + max(output, 0), 0),
    cost = iif(refused = 0, -1, 0);

DROP INDEX entry_served;
CREATE INDEX entry_origin ON entry (origin);

-- The entries summed up for each day, written with them and kept when they are deleted: limits and charts read this.
-- Refusals are summed up in the row of a day that has no origin.
CREATE TABLE usage (
    day        INTEGER NOT NULL,
    origin     TEXT    NOT NULL,
    provider   TEXT    NOT NULL,
    model      TEXT    NOT NULL,
    credential TEXT    NOT NULL,
    requests   INTEGER NOT NULL,
    refused    INTEGER NOT NULL,
    unpriced   INTEGER NOT NULL, -- requests whose cost is not known and not in cost
    input      INTEGER NOT NULL, -- tokens, where the provider reported them
    output     INTEGER NOT NULL,
    tokens     INTEGER NOT NULL,
    cost       INTEGER NOT NULL,
    estimated  INTEGER NOT NULL, -- the part of cost that is estimated
    PRIMARY KEY (day, origin, provider, model, credential)
) STRICT, WITHOUT ROWID;

INSERT INTO usage
    SELECT day, origin, provider, model, credential, count(*), 0, count(*),
        sum(max(input, 0)), sum(max(output, 0)), sum(tokens), 0, 0
    FROM entry WHERE refused = 0 GROUP BY day, origin, provider, model, credential;
INSERT INTO usage
    SELECT day, '', '', '', '', 0, sum(count), 0, 0, 0, 0, 0, 0 FROM entry WHERE refused = 1 GROUP BY day;

-- The calendar that limits go by: one row. day is the last one on which something was counted; back is the last one to which
-- the clock came back from a later one, 0 if it never did.
CREATE TABLE usage_clock (
    one  INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    day  INTEGER NOT NULL,
    back INTEGER NOT NULL
) STRICT;

-- The limits of a credential over all sites, as the JSON object that grant.limits is.
CREATE TABLE key_limit (
    provider TEXT NOT NULL,
    label    TEXT NOT NULL,
    limits   TEXT NOT NULL,
    PRIMARY KEY (provider, label)
) STRICT, WITHOUT ROWID;

-- The sites that were paused because they ran away, and why.
CREATE TABLE paused_site (
    origin TEXT    NOT NULL PRIMARY KEY,
    reason TEXT    NOT NULL,
    count  INTEGER NOT NULL, -- requests that led to it
    cost   INTEGER NOT NULL,
    time   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
