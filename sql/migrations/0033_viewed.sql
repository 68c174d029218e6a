-- What counts as viewed may change one day, and with it every rate of views: each event says by which rule it was seen.
-- Who changes the rule (src/widget/lib/seen.js) gives it the next number here, by a migration that sets another default.

SET LOCAL lock_timeout = '5s';

ALTER TABLE pledged.prompt_event ADD COLUMN rule smallint NOT NULL DEFAULT 1;
COMMENT ON COLUMN pledged.prompt_event.rule IS 'The rule by which a prompt counts as viewed. 1: 40 % of it, or half a screen of it, for a second in a visible tab.';
