-- money_text: an amount for people, '25.00 EUR', with as many decimals as the currency has.
-- Internal, pure.
CREATE OR REPLACE FUNCTION pledged.money_text(p_minor bigint, p_currency text)
RETURNS text LANGUAGE sql IMMUTABLE STRICT SET search_path = pledged, pg_temp AS $$
	SELECT money_major(p_minor, p_currency)::text || ' ' || p_currency
$$;
COMMENT ON FUNCTION pledged.money_text(bigint, text) IS 'Writes an amount with its currency''s decimals.';
REVOKE ALL ON FUNCTION pledged.money_text(bigint, text) FROM PUBLIC;
