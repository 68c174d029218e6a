-- What the provider kept of a payment is compared, too: the amount, not only that we know of one.

SET LOCAL lock_timeout = '5s';

ALTER TABLE pledged.theirs ADD COLUMN fee bigint, ADD COLUMN fee_currency text CHECK (fee_currency ~ '^[A-Z]{3}$');
COMMENT ON COLUMN pledged.theirs.fee IS 'Of a charge: what the provider kept of it, minor units of fee_currency; null: not told.';
COMMENT ON COLUMN pledged.theirs.fee_currency IS 'Currency of fee.';
DROP FUNCTION IF EXISTS pledged.comparison_charges(uuid); -- gives the fee
