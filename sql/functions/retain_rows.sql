-- retain_rows: delete or strip up to p_n rows that are too old, oldest first. Internal. Table: the row's; rows that somebody holds are left.
-- Idempotent: a stripped row has nothing left to be stripped.
CREATE OR REPLACE FUNCTION pledged.retain_rows(p_rule pledged.retention, p_n integer, p_now timestamptz) RETURNS bigint
LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
DECLARE
	v_set text;
	v_has text;
	v_n bigint;
BEGIN
	IF p_rule.table_name LIKE 'prompt\_event%' AND EXISTS (SELECT FROM roll_fill WHERE days_to IS NOT NULL) THEN
		RETURN 0; -- what is not counted yet must not go
	END IF;
	SELECT string_agg(format('%I = %s', f, CASE WHEN a.attnotnull THEN '''''' ELSE 'NULL' END), ', '),
		string_agg(format(CASE WHEN a.attnotnull THEN 'x.%I <> ''''' ELSE 'x.%I IS NOT NULL' END, f), ' OR ')
	INTO v_set, v_has
	FROM unnest(p_rule.fields) f JOIN pg_attribute a ON a.attrelid = ('pledged.' || p_rule.table_name)::regclass AND a.attname = f;
	EXECUTE format('WITH old AS MATERIALIZED (SELECT x.ctid AS place FROM pledged.%1$I x WHERE x.%2$I < $1 AND (%3$s)%4$s '
		'ORDER BY x.%2$I LIMIT $2 FOR UPDATE SKIP LOCKED) ', p_rule.table_name, p_rule.column_name, p_rule.only_if, ' AND (' || v_has || ')')
		|| format(CASE p_rule.how WHEN 'delete' THEN 'DELETE FROM pledged.%1$I x USING old WHERE x.ctid = old.place'
			ELSE 'UPDATE pledged.%1$I x SET %2$s FROM old WHERE x.ctid = old.place' END, p_rule.table_name, v_set)
	USING p_now - p_rule.period, p_n;
	GET DIAGNOSTICS v_n = ROW_COUNT;
	RETURN v_n;
END
$$;
COMMENT ON FUNCTION pledged.retain_rows(pledged.retention, integer, timestamptz) IS 'Deletes or strips rows that are too old; gives how many.';
REVOKE ALL ON FUNCTION pledged.retain_rows(pledged.retention, integer, timestamptz) FROM PUBLIC;
