-- A second provider: whose webhooks are not signed, whose refunds are told with their payment, and that does not tell fees.
-- Functions that give another row than before are made anew from sql/functions.

SET LOCAL lock_timeout = '5s';

-- Webhooks that anybody may have made up are counted and cleared by these.
CREATE INDEX inbox_unknown ON pledged.inbox (received_at) WHERE event_type = 'unknown';

ALTER TABLE pledged.theirs ADD COLUMN fees boolean, ADD COLUMN by_payment boolean;
COMMENT ON COLUMN pledged.theirs.fees IS 'False: the provider does not tell what this payment cost.';
COMMENT ON COLUMN pledged.theirs.by_payment IS 'True: the provider gives this refund or dispute with its payment alone.';

DROP FUNCTION IF EXISTS pledged.look_lease(integer, timestamptz), pledged.pledge_again(text),
	pledged.manage_gift(bytea, smallint, uuid, timestamptz), pledged.comparison_charges(uuid);
