-- 0005_campaign_audit: who did what to a campaign, what changed, and what stood in each other's way.

SET LOCAL lock_timeout = '5s';

-- --- what was done -------------------------------------------------------------------------------

CREATE TABLE pledged.campaign_log (
	log_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	campaign_id integer NOT NULL REFERENCES pledged.campaign,
	act text NOT NULL CHECK (act IN ('publish', 'rollback', 'pause', 'resume')),
	at timestamptz NOT NULL,
	author text NOT NULL,
	version_before integer,
	version integer NOT NULL,
	of_version integer,
	CHECK ((act = 'rollback') = (of_version IS NOT NULL)),
	CHECK (act IN ('publish', 'rollback') OR version_before = version),
	FOREIGN KEY (campaign_id, version) REFERENCES pledged.campaign_version DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX campaign_log_campaign ON pledged.campaign_log (campaign_id, log_id);
COMMENT ON TABLE pledged.campaign_log IS 'Every act of an operator on a campaign, in the order in which it was done; append-only.';
COMMENT ON COLUMN pledged.campaign_log.log_id IS 'Counts the acts.';
COMMENT ON COLUMN pledged.campaign_log.campaign_id IS 'The campaign.';
COMMENT ON COLUMN pledged.campaign_log.act IS 'publish, rollback, pause or resume.';
COMMENT ON COLUMN pledged.campaign_log.at IS 'When.';
COMMENT ON COLUMN pledged.campaign_log.author IS 'Login of the operator.';
COMMENT ON COLUMN pledged.campaign_log.version_before IS 'Version in force before; null for the first.';
COMMENT ON COLUMN pledged.campaign_log.version IS 'Version in force afterwards.';
COMMENT ON COLUMN pledged.campaign_log.of_version IS 'Of a rollback: the version whose body was published again.';
INSERT INTO pledged.campaign_log (campaign_id, act, at, author, version_before, version)
	SELECT v.campaign_id, 'publish', v.published_at, v.author, nullif(v.version - 1, 0), v.version
	FROM pledged.campaign_version v ORDER BY v.published_at, v.campaign_id, v.version;

CREATE TABLE pledged.campaign_conflict (
	conflict_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	log_id bigint NOT NULL REFERENCES pledged.campaign_log,
	kind text NOT NULL CHECK (kind IN ('shared_variant', 'changed_running', 'cap_meaning', 'meter_meaning', 'topic_moved')),
	path text NOT NULL,
	value jsonb,
	other_id integer NOT NULL,
	other_version integer NOT NULL,
	other_value jsonb,
	FOREIGN KEY (other_id, other_version) REFERENCES pledged.campaign_version
);
CREATE INDEX campaign_conflict_log ON pledged.campaign_conflict (log_id);
COMMENT ON TABLE pledged.campaign_conflict IS 'What an act made doubtful: told to the operator, not refused; append-only.';
COMMENT ON COLUMN pledged.campaign_conflict.conflict_id IS 'Counts the conflicts.';
COMMENT ON COLUMN pledged.campaign_conflict.log_id IS 'The act.';
COMMENT ON COLUMN pledged.campaign_conflict.kind IS 'shared_variant: two live campaigns show one text at the same time. changed_running: changed while variants were compared. cap_meaning, meter_meaning: one identifier, different limits in two live campaigns. topic_moved: a topic''s position means another topic now.';
COMMENT ON COLUMN pledged.campaign_conflict.path IS 'Field concerned, as in the faults of campaign files: variants[1].text.';
COMMENT ON COLUMN pledged.campaign_conflict.value IS 'What stands there now; of shared_variant the variant''s name.';
COMMENT ON COLUMN pledged.campaign_conflict.other_id IS 'The other campaign, or this one when an earlier version of it is meant.';
COMMENT ON COLUMN pledged.campaign_conflict.other_version IS 'Its version.';
COMMENT ON COLUMN pledged.campaign_conflict.other_value IS 'What stands there; of shared_variant the variant''s name.';

CREATE FUNCTION pledged.campaign_log_frozen() RETURNS trigger LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
BEGIN
	RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER campaign_log_frozen BEFORE UPDATE OR DELETE ON pledged.campaign_log
	FOR EACH ROW EXECUTE FUNCTION pledged.campaign_log_frozen();
CREATE TRIGGER campaign_log_kept BEFORE TRUNCATE ON pledged.campaign_log
	FOR EACH STATEMENT EXECUTE FUNCTION pledged.campaign_log_frozen();
CREATE TRIGGER campaign_conflict_frozen BEFORE UPDATE OR DELETE ON pledged.campaign_conflict
	FOR EACH ROW EXECUTE FUNCTION pledged.campaign_log_frozen();
CREATE TRIGGER campaign_conflict_kept BEFORE TRUNCATE ON pledged.campaign_conflict
	FOR EACH STATEMENT EXECUTE FUNCTION pledged.campaign_log_frozen();

-- At the end of the transaction: of campaigns published together, only what they are together counts.
CREATE FUNCTION pledged.campaign_guarded() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
BEGIN
	PERFORM campaign_guard(NEW.log_id);
	RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER campaign_guarded AFTER INSERT ON pledged.campaign_log
	DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION pledged.campaign_guarded();

-- --- what changed --------------------------------------------------------------------------------

-- A list of objects is taken apart by name (variant, topic or id), so that an element is found again where it went; the names
-- in their order are a part of their own. Without a name it is the place that counts. Every other list is one value.
CREATE FUNCTION pledged.campaign_parts(p_value jsonb) RETURNS TABLE (name text, step text, value jsonb)
LANGUAGE sql IMMUTABLE SET search_path = pledged, pg_temp AS $$
	SELECT key, '.' || key, value FROM jsonb_each(CASE jsonb_typeof(p_value) WHEN 'object' THEN p_value END)
	UNION ALL
	SELECT concat(name, '#', row_number() OVER (PARTITION BY name ORDER BY no)), format('[%s]', no - 1), value
	FROM jsonb_array_elements(CASE jsonb_typeof(p_value) WHEN 'array' THEN p_value END) WITH ORDINALITY e (value, no),
		coalesce(value ->> 'variant', value ->> 'topic', value ->> 'id') name
	UNION ALL
	SELECT '', '', jsonb_agg(name ORDER BY no)
	FROM jsonb_array_elements(CASE jsonb_typeof(p_value) WHEN 'array' THEN p_value END) WITH ORDINALITY e (value, no),
		coalesce(value ->> 'variant', value ->> 'topic', value ->> 'id') name
	HAVING bool_and(name IS NOT NULL)
$$;

CREATE FUNCTION pledged.campaign_diff(p_before jsonb, p_after jsonb) RETURNS TABLE (path text, before jsonb, after jsonb)
LANGUAGE sql IMMUTABLE SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
	WITH RECURSIVE pair (path, before, after, has_parts) AS (
		SELECT '', coalesce(p_before, '{}'), coalesce(p_after, '{}'), true
		UNION ALL
		SELECT pair.path || part.step, part.before, part.after, coalesce(CASE jsonb_typeof(part.before)
			WHEN 'object' THEN jsonb_typeof(part.after) = 'object'
			WHEN 'array' THEN jsonb_typeof(part.after) = 'array' AND NOT part.before || part.after @? '$[*] ? (@.type() != "object")'
			END, false)
		FROM pair, LATERAL (
			SELECT coalesce(a.step, b.step) AS step, b.value AS before, a.value AS after
			FROM campaign_parts(pair.before) b FULL JOIN campaign_parts(pair.after) a USING (name)
		) part
		WHERE pair.has_parts AND part.before IS DISTINCT FROM part.after
	)
	SELECT ltrim(path, '.'), before, after FROM pair WHERE NOT has_parts ORDER BY path COLLATE "C", before NULLS LAST
$$;
REVOKE ALL ON FUNCTION pledged.campaign_log_frozen(), pledged.campaign_guarded(), pledged.campaign_parts(jsonb), pledged.campaign_diff(jsonb, jsonb)
	FROM PUBLIC;
COMMENT ON FUNCTION pledged.campaign_log_frozen() IS 'Refuses any change of what was done.';
COMMENT ON FUNCTION pledged.campaign_guarded() IS 'Looks for conflicts that an act made, at commit.';
COMMENT ON FUNCTION pledged.campaign_parts(jsonb) IS 'Members of an object, or elements of a list of objects, with the name by which each is found again.';
COMMENT ON FUNCTION pledged.campaign_diff(jsonb, jsonb) IS 'Fields in which two campaigns differ: path as in the faults of campaign files, before and after (null: absent).';

CREATE VIEW pledged.campaign_change AS
	SELECT s.slug AS site, c.slug AS campaign, v.version, v.published_at, v.author, d.path, d.before, d.after
	FROM pledged.campaign_version v JOIN pledged.campaign c USING (campaign_id) JOIN pledged.site s USING (site_id)
	LEFT JOIN pledged.campaign_version w ON w.campaign_id = v.campaign_id AND w.version = v.version - 1
	CROSS JOIN LATERAL pledged.campaign_diff(w.body, v.body) d;
COMMENT ON VIEW pledged.campaign_change IS 'What each version changed: one row a field.';
COMMENT ON COLUMN pledged.campaign_change.site IS 'Site.';
COMMENT ON COLUMN pledged.campaign_change.campaign IS 'Campaign.';
COMMENT ON COLUMN pledged.campaign_change.version IS 'Version.';
COMMENT ON COLUMN pledged.campaign_change.published_at IS 'When it was published.';
COMMENT ON COLUMN pledged.campaign_change.author IS 'Login of the operator.';
COMMENT ON COLUMN pledged.campaign_change.path IS 'Field, as in the faults of campaign files: variants[1].text.en.title.';
COMMENT ON COLUMN pledged.campaign_change.before IS 'What stood there in the version before; null: nothing.';
COMMENT ON COLUMN pledged.campaign_change.after IS 'What stands there; null: nothing.';

-- --- for editors ---------------------------------------------------------------------------------

CREATE VIEW report.campaign_changes AS
	SELECT published_at AS at, site, campaign, version, author, path AS field, before #>> '{}' AS before, after #>> '{}' AS after
	FROM pledged.campaign_change;
COMMENT ON VIEW report.campaign_changes IS 'What each version of a campaign changed: one row a field.';
COMMENT ON COLUMN report.campaign_changes.at IS 'When it was published.';
COMMENT ON COLUMN report.campaign_changes.site IS 'Site.';
COMMENT ON COLUMN report.campaign_changes.campaign IS 'Campaign.';
COMMENT ON COLUMN report.campaign_changes.version IS 'Version.';
COMMENT ON COLUMN report.campaign_changes.author IS 'Login of the operator.';
COMMENT ON COLUMN report.campaign_changes.field IS 'Field of the campaign file.';
COMMENT ON COLUMN report.campaign_changes.before IS 'What stood there before; empty: nothing.';
COMMENT ON COLUMN report.campaign_changes.after IS 'What stands there; empty: nothing.';

CREATE VIEW report.campaign_conflicts AS
	SELECT k.log_id, l.at, s.slug AS site, c.slug AS campaign, l.version, l.author, k.kind, k.path AS field, k.value #>> '{}' AS value,
		o.slug AS other_campaign, k.other_version, k.other_value #>> '{}' AS other_value,
		CASE k.kind
		WHEN 'shared_variant' THEN format('%s is also the text of variant %s of %s', k.path, k.other_value #>> '{}', o.slug)
		WHEN 'changed_running' THEN format('%s changed while variants are compared', k.path)
		WHEN 'topic_moved' THEN format('%s was %s: what readers read of it now counts as %s', k.path, k.other_value #>> '{}', k.value #>> '{}')
		ELSE format('%s is %s here and %s in %s', k.path, coalesce(k.value #>> '{}', 'nothing'), coalesce(k.other_value #>> '{}', 'nothing'), o.slug)
		END AS words
	FROM pledged.campaign_conflict k JOIN pledged.campaign_log l USING (log_id)
	JOIN pledged.campaign c USING (campaign_id) JOIN pledged.site s USING (site_id)
	JOIN pledged.campaign o ON o.campaign_id = k.other_id;
COMMENT ON VIEW report.campaign_conflicts IS 'What made a result doubtful: two campaigns that stand in each other''s way, or a change during a test.';
COMMENT ON COLUMN report.campaign_conflicts.log_id IS 'Number of the act that made it.';
COMMENT ON COLUMN report.campaign_conflicts.at IS 'When it came about.';
COMMENT ON COLUMN report.campaign_conflicts.site IS 'Site.';
COMMENT ON COLUMN report.campaign_conflicts.campaign IS 'Campaign that was published or resumed.';
COMMENT ON COLUMN report.campaign_conflicts.version IS 'Its version.';
COMMENT ON COLUMN report.campaign_conflicts.author IS 'Login of the operator.';
COMMENT ON COLUMN report.campaign_conflicts.kind IS 'shared_variant, changed_running, cap_meaning, meter_meaning or topic_moved.';
COMMENT ON COLUMN report.campaign_conflicts.field IS 'Field of the campaign file.';
COMMENT ON COLUMN report.campaign_conflicts.value IS 'What stands there; of shared_variant the variant''s name.';
COMMENT ON COLUMN report.campaign_conflicts.other_campaign IS 'The other campaign; the same when an earlier version of it is meant.';
COMMENT ON COLUMN report.campaign_conflicts.other_version IS 'Its version.';
COMMENT ON COLUMN report.campaign_conflicts.other_value IS 'What stands there; of shared_variant the variant''s name.';
COMMENT ON COLUMN report.campaign_conflicts.words IS 'The same as a sentence.';

-- Whole hours, as in rollup; the hour of the act itself is left out.
CREATE VIEW report.campaign_audit AS
	SELECT l.at, s.slug AS site, c.slug AS campaign, l.act, l.version_before, l.version, l.of_version, l.author,
		r.served_before, p.paid_before, r.served_after, p.paid_after,
		EXISTS (SELECT FROM pledged.campaign_log m JOIN pledged.campaign d USING (campaign_id) WHERE d.site_id = c.site_id
			AND m.log_id <> l.log_id AND m.at > l.at - interval '24 hours' AND m.at < l.at + interval '24 hours')
		OR EXISTS (SELECT FROM pledged.campaign_conflict k WHERE k.log_id = l.log_id AND k.kind = 'changed_running') AS mixed
	FROM pledged.campaign_log l JOIN pledged.campaign c USING (campaign_id) JOIN pledged.site s USING (site_id)
	CROSS JOIN LATERAL date_trunc('hour', l.at, 'UTC') h
	CROSS JOIN LATERAL (
		SELECT coalesce(sum(r.n) FILTER (WHERE r.hour < h), 0)::bigint AS served_before,
			coalesce(sum(r.n) FILTER (WHERE r.hour > h), 0)::bigint AS served_after
		FROM pledged.rollup r WHERE r.site_id = c.site_id AND r.campaign = c.slug AND r.act IN ('prompt', 'wall')
			AND r.hour BETWEEN h - interval '24 hours' AND h + interval '24 hours') r
	CROSS JOIN LATERAL (
		SELECT count(*) FILTER (WHERE p.created_at < h) AS paid_before,
			count(*) FILTER (WHERE p.created_at >= h + interval '1 hour') AS paid_after
		FROM pledged.pledge p WHERE p.site_id = c.site_id AND p.campaign = c.slug
			AND p.created_at >= h - interval '24 hours' AND p.created_at < h + interval '25 hours'
			AND EXISTS (SELECT FROM pledged.payment y WHERE y.pledge_id = p.pledge_id AND y.state = 'paid' AND y.mismatch IS NULL)) p;
COMMENT ON VIEW report.campaign_audit IS 'Every act on a campaign, and what the campaign did in the 24 whole hours before and after. Gifts in test mode count too.';
COMMENT ON COLUMN report.campaign_audit.at IS 'When.';
COMMENT ON COLUMN report.campaign_audit.site IS 'Site.';
COMMENT ON COLUMN report.campaign_audit.campaign IS 'Campaign.';
COMMENT ON COLUMN report.campaign_audit.act IS 'publish, rollback, pause or resume.';
COMMENT ON COLUMN report.campaign_audit.version_before IS 'Version in force before.';
COMMENT ON COLUMN report.campaign_audit.version IS 'Version in force afterwards.';
COMMENT ON COLUMN report.campaign_audit.of_version IS 'Of a rollback: the version that was published again.';
COMMENT ON COLUMN report.campaign_audit.author IS 'Login of the operator.';
COMMENT ON COLUMN report.campaign_audit.served_before IS 'Its prompts and walls in the 24 hours before.';
COMMENT ON COLUMN report.campaign_audit.paid_before IS 'Pledges of these hours that it led to and that were paid.';
COMMENT ON COLUMN report.campaign_audit.served_after IS 'Its prompts and walls in the 24 hours after, as far as they have passed.';
COMMENT ON COLUMN report.campaign_audit.paid_after IS 'Pledges of these hours that it led to and that were paid.';
COMMENT ON COLUMN report.campaign_audit.mixed IS 'True when the site''s campaigns saw another act within either day, or this one fell into a running test: then before and after tell little.';

GRANT SELECT ON report.campaign_changes, report.campaign_conflicts, report.campaign_audit TO pledged_report;
-- A function inside a view runs with the reader's rights.
GRANT EXECUTE ON FUNCTION pledged.campaign_diff(jsonb, jsonb) TO pledged_report;
