-- hmac_sha256: RFC 2104 over SHA-256, as base/seal.c's seal_hmac. Internal, pure; PostgreSQL has the hash alone.
CREATE OR REPLACE FUNCTION pledged.hmac_sha256(p_key bytea, p_text bytea) RETURNS bytea
LANGUAGE plpgsql IMMUTABLE STRICT SET search_path = pledged, pg_temp AS $$
DECLARE
	v_key bytea := CASE WHEN octet_length(p_key) > 64 THEN sha256(p_key) ELSE p_key END;
	v_inner bytea := decode(repeat('36', 64), 'hex');
	v_outer bytea := decode(repeat('5c', 64), 'hex');
BEGIN
	FOR i IN 0 .. octet_length(v_key) - 1 LOOP
		v_inner := set_byte(v_inner, i, get_byte(v_key, i) # 54);
		v_outer := set_byte(v_outer, i, get_byte(v_key, i) # 92);
	END LOOP;
	RETURN sha256(v_outer || sha256(v_inner || p_text));
END
$$;
COMMENT ON FUNCTION pledged.hmac_sha256(bytea, bytea) IS 'HMAC-SHA256.';
REVOKE ALL ON FUNCTION pledged.hmac_sha256(bytea, bytea) FROM PUBLIC;
