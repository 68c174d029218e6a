-- A reader's list of articles has an age: what no meter, target or report can ask for any more goes with the next view. Until now only
-- its length ended it, so who reads little left a trail of many months.
-- Locking order: retention, then epoch (retain_lists); campaign_publish holds epoch alone.

SET LOCAL lock_timeout = '5s';

ALTER TABLE pledged.epoch ADD COLUMN list_days smallint NOT NULL DEFAULT 90 CHECK (list_days BETWEEN 70 AND 3660);
COMMENT ON COLUMN pledged.epoch.list_days IS 'An article that was opened more days ago goes with its reader''s next view; more than any campaign counts over.';
UPDATE pledged.epoch SET list_days = greatest(list_days, 8 + (SELECT max(d::numeric) FROM pledged.campaign_version v,
	LATERAL (SELECT jsonb_path_query(v.body, 'lax $.meter.days ? (@ <= 365)') UNION ALL SELECT jsonb_path_query(v.body, 'lax $.target.read[*].days ? (@ <= 365)')) x (d)));

ALTER TABLE pledged.retention DROP CONSTRAINT retention_how_check, DROP CONSTRAINT retention_check2;
ALTER TABLE pledged.retention ADD CONSTRAINT retention_how_check CHECK (how IN ('drop', 'delete', 'strip', 'forget', 'write', 'own', 'keep')),
	ADD CONSTRAINT retention_check2 CHECK ((how IN ('write', 'own', 'keep')) = (by <> 'retain'));
COMMENT ON COLUMN pledged.retention.how IS 'drop (whole months), delete (rows), strip (fields of rows), forget (a reader with all that hangs on it), write (cut whenever its row is written), own (a function of its own does it), keep.';
INSERT INTO pledged.retention (what, table_name, column_name, period, how, by, why) VALUES
	('reading_lists', 'reader', 'last_at', '90 days', 'write', 'view_batch',
		'Meters and reports count over less; where a campaign counts over more days, it is as many and eight more. Who never comes back goes whole (readers).');

-- What is cut when it is written is never late, and to look for the oldest would be to read all readers.
CREATE OR REPLACE FUNCTION pledged.retention_oldest(p_what text) RETURNS timestamptz
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
DECLARE
	r retention;
	v_at timestamptz;
	v_part record;
	v_any boolean;
BEGIN
	SELECT * INTO STRICT r FROM retention WHERE what = p_what;
	IF r.how = 'write' THEN
		RETURN NULL;
	ELSIF r.how = 'forget' THEN
		RETURN r.oldest;
	ELSIF r.how = 'drop' THEN
		FOR v_part IN SELECT c.oid::regclass AS name, m.from_at FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid,
				LATERAL (SELECT (regexp_match(pg_get_expr(c.relpartbound, c.oid), 'FROM \(''([^'']+)''\)'))[1]::timestamptz AS from_at) m
			WHERE i.inhparent = ('pledged.' || r.table_name)::regclass AND m.from_at IS NOT NULL ORDER BY m.from_at LOOP
			EXECUTE format('SELECT EXISTS (SELECT FROM %s)', v_part.name) INTO v_any;
			IF v_any THEN
				RETURN v_part.from_at;
			END IF;
		END LOOP;
		RETURN NULL;
	END IF;
	EXECUTE format('SELECT min(x.%I) FROM pledged.%I x WHERE (%s)%s', r.column_name, r.table_name, r.only_if,
		(SELECT ' AND (' || string_agg(format(CASE WHEN a.attnotnull THEN 'x.%I <> ''''' ELSE 'x.%I IS NOT NULL' END, f), ' OR ') || ')'
			FROM unnest(r.fields) f JOIN pg_attribute a ON a.attrelid = ('pledged.' || r.table_name)::regclass AND a.attname = f))
		INTO v_at USING now() - r.period;
	RETURN v_at;
END $$;
COMMENT ON COLUMN report.retention.how IS 'drop (whole months), delete, strip (fields), forget (readers), write (cut whenever its row is written), own (a function of its own) or keep.';
COMMENT ON COLUMN pledged.reader.seen IS 'Articles opened, the newest first: 8 bytes each, day since 2000-01-01 (16 bits), topics (12), keyed hash (36); newest 250, and not older than epoch.list_days when it was last written; see pledged.reader_seen. [personal]';
