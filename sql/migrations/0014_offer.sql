-- What a prompt offers: a donor may add the payment fee, and the figures of a goal stand by themselves.

SET LOCAL lock_timeout = '5s';

ALTER TABLE pledged.pledge ADD COLUMN cover bigint NOT NULL DEFAULT 0 CHECK (cover >= 0 AND cover < amount);
COMMENT ON COLUMN pledged.pledge.cover IS 'Part of amount that the donor added to cover the payment fee, in minor units.';

-- What was agreed with the donor does not change, this neither.
CREATE OR REPLACE FUNCTION pledged.pledge_fixed() RETURNS trigger LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
BEGIN
	IF (NEW.pledge_id, NEW.public_token, NEW.key, NEW.fingerprint, NEW.site_id, NEW.amount, NEW.cover, NEW.currency,
		NEW."interval", NEW.livemode, NEW.created_at) IS DISTINCT FROM
		(OLD.pledge_id, OLD.public_token, OLD.key, OLD.fingerprint, OLD.site_id, OLD.amount, OLD.cover, OLD.currency,
		OLD."interval", OLD.livemode, OLD.created_at) THEN
		RAISE EXCEPTION 'pledge % is fixed', OLD.pledge_id USING ERRCODE = 'restrict_violation';
	END IF;
	RETURN NEW;
END $$;

-- They take or tell more than before.
DROP FUNCTION IF EXISTS pledged.view_goals();
DROP FUNCTION IF EXISTS pledged.pledge_try(text, bytea, uuid, text, smallint, uuid, bigint, text, text, bigint,
	text, text, text, text, text, uuid, text, boolean, text, text, text, bytea, integer, timestamptz, text[], text[]);
DROP FUNCTION IF EXISTS pledged.pledge_begin(text, bytea, uuid, text, smallint, uuid, bigint, text, text, bigint,
	text, text, text, text, text, uuid, text, boolean, text, text, text, bytea, integer, timestamptz);
DROP FUNCTION IF EXISTS pledged.pledge_by_token(text);
DROP FUNCTION IF EXISTS pledged.receipt_text(text, text, bigint, text, text, date, text);
