-- Hints of one object are taken together: one fetch tells what all of them tell.

SET LOCAL lock_timeout = '5s';

ALTER TABLE pledged.inbox ADD COLUMN lead_id bigint, ADD CONSTRAINT inbox_lead_check CHECK (lead_id IS NULL OR state = 'leased');
CREATE INDEX inbox_lead ON pledged.inbox (lead_id) WHERE lead_id IS NOT NULL;
CREATE INDEX inbox_object ON pledged.inbox (object_id) WHERE state IN ('new', 'leased');

COMMENT ON COLUMN pledged.inbox.lead_id IS 'While leased: the webhook about the same object whose fetch settles this one too; null: its own.';
