-- When the key that is there now took the place of an earlier one of its name; 0 where there was none. added stays as it was, and with
-- it the key's place among those of its provider.
ALTER TABLE credential ADD COLUMN renewed INTEGER NOT NULL DEFAULT 0;
