-- retain_months: drop one month of prompt events whose whole range is too old. Gives 1 when one went. Internal. Idempotent.
-- Table: the partitioned one, locked whole for the moment of the drop; who cannot have it at once waits for the next time, since views
-- write there.
CREATE OR REPLACE FUNCTION pledged.retain_months(p_rule pledged.retention, p_now timestamptz) RETURNS bigint
LANGUAGE plpgsql SET search_path = pledged, pg_temp SET lock_timeout = '50ms' AS $$
DECLARE
	v_part regclass;
BEGIN
	IF EXISTS (SELECT FROM roll_fill WHERE days_to IS NOT NULL) THEN
		RETURN 0; -- what is not counted yet must not go
	END IF;
	SELECT c.oid::regclass INTO v_part FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid,
		LATERAL (SELECT (regexp_match(pg_get_expr(c.relpartbound, c.oid), 'TO \(''([^'']+)''\)'))[1]::timestamptz AS until) m
	WHERE i.inhparent = ('pledged.' || p_rule.table_name)::regclass AND m.until <= date_trunc('month', p_now - p_rule.period, 'UTC')
	ORDER BY m.until LIMIT 1;
	IF v_part IS NULL THEN
		RETURN 0;
	END IF;
	EXECUTE format('DROP TABLE %s', v_part);
	RETURN 1;
EXCEPTION WHEN lock_not_available THEN
	RETURN 0;
END
$$;
COMMENT ON FUNCTION pledged.retain_months(pledged.retention, timestamptz) IS 'Drops a month that is too old; gives how many.';
REVOKE ALL ON FUNCTION pledged.retain_months(pledged.retention, timestamptz) FROM PUBLIC;
