-- The lines of all days after this one are there, as days since 1970-01-01, so that the sums of those days are exactly theirs. 0
-- is not known yet, as in a row from before there was this column.
ALTER TABLE log_chain ADD COLUMN complete INTEGER NOT NULL DEFAULT 0;
