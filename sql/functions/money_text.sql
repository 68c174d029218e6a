-- money_text: an amount for people, '25.00 EUR', with as many decimals as the currency has.
-- Internal, pure. ISK and UGX are written with two decimals, as the providers have them.
CREATE OR REPLACE FUNCTION pledged.money_text(p_minor bigint, p_currency text)
RETURNS text LANGUAGE sql IMMUTABLE STRICT SET search_path = pledged, pg_temp AS $$
	SELECT CASE
		WHEN p_currency IN ('BIF', 'CLP', 'DJF', 'GNF', 'JPY', 'KMF', 'KRW', 'MGA', 'PYG', 'RWF',
			'VND', 'VUV', 'XAF', 'XOF', 'XPF') THEN p_minor::text
		WHEN p_currency IN ('BHD', 'JOD', 'KWD', 'OMR', 'TND') THEN (p_minor::numeric / 1000)::numeric(30, 3)::text
		ELSE (p_minor::numeric / 100)::numeric(30, 2)::text
	END || ' ' || p_currency
$$;
COMMENT ON FUNCTION pledged.money_text(bigint, text) IS 'Writes an amount with its currency''s decimals.';
REVOKE ALL ON FUNCTION pledged.money_text(bigint, text) FROM PUBLIC;
