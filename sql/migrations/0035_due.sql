-- Pledges that wait for their roll-up are few and each is looked for by its keys, also in reports that join all else by hash: those forbid
-- nested loops and sorts (report.cohorts, stages, silence), which made one waiting pledge as dear as whole tables.

SET LOCAL lock_timeout = '5s';

CREATE FUNCTION pledged.roll_gift_due() RETURNS SETOF pledged.roll_gift
LANGUAGE sql STABLE SECURITY DEFINER ROWS 100 SET search_path = pledged, pg_temp SET enable_nestloop = on SET enable_sort = on AS $$
	SELECT n.* FROM (SELECT DISTINCT pledge_id FROM roll_due) d JOIN LATERAL (SELECT * FROM roll_gift_now n WHERE n.pledge_id = d.pledge_id) n ON true
$$;
COMMENT ON FUNCTION pledged.roll_gift_due() IS 'roll_gift of pledges that wait, as they are now.';
REVOKE ALL ON FUNCTION pledged.roll_gift_due() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.roll_gift_due() TO pledged_report;

CREATE OR REPLACE VIEW pledged.roll_gift_all AS
SELECT g.* FROM pledged.roll_gift g WHERE NOT EXISTS (SELECT FROM pledged.roll_due d WHERE d.pledge_id = g.pledge_id)
UNION ALL
SELECT n.* FROM pledged.roll_gift_due() n;

ALTER FUNCTION pledged.donor_of(uuid, smallint, text, uuid) SET enable_nestloop = on;
ALTER FUNCTION pledged.donor_of(uuid, smallint, text, uuid) SET enable_sort = on;
