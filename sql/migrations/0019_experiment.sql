-- Experiments, fraud, reminders, robots, the public export and the audit: what their reports need.

SET LOCAL lock_timeout = '5s';

-- --- experiments ---------------------------------------------------------------------------------

COMMENT ON COLUMN pledged.prompt_event.variant IS 'Variant''s name; of a reader in the hold-out, who is of no variant, empty.';
