-- Roll-ups: what reports read, so that raw prompt events can go after their time and reports stay fast.
-- Decisions come from tallies (tally_fold), prompt events by what waits in roll_delta (roll_events), pledges by roll_due (roll_pledges),
-- readers' months by slices (roll_months). Each is exact at every moment: what waits is read beside what is folded.
-- Locking order of what is new, after reader, prompt_event, tally and all tables of money: roll_state, roll_fill, roll_delta, roll_due, rollup,
-- roll_event, roll_day, roll_reason, roll_page, roll_pledge, roll_slice, roll_month. Whoever folds holds the row of roll_state.

SET LOCAL lock_timeout = '5s';

-- What is written with an event is known to its page alone, so that it has to stand in the row.
ALTER TABLE pledged.prompt_event ADD COLUMN country text NOT NULL DEFAULT '', ADD COLUMN device text NOT NULL DEFAULT '';
COMMENT ON COLUMN pledged.prompt_event.country IS 'Country code from nginx, empty when unknown; of the serving, also for what came later.';
COMMENT ON COLUMN pledged.prompt_event.device IS 'Device class from nginx, empty when unknown; of the serving, also for what came later.';
COMMENT ON COLUMN pledged.prompt_event.kind IS 'shown (a prompt served), viewed (seen on screen), closed, later, already_gave, never, clicked; walled: a wall served; held: would have been shown, but the reader is in the hold-out or in a control.';
DROP FUNCTION IF EXISTS pledged.view_batch(uuid[], smallint[], timestamptz[], timestamptz[], bytea[], bytea[], integer[],
	uuid[], bytea[], timestamptz[], bigint[], text[], timestamptz[], smallint[], text[], text[], text[], text[],
	bigint, bigint, jsonb, timestamptz, boolean);

ALTER TABLE pledged.tally ADD COLUMN pages jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(pages) = 'array');
COMMENT ON COLUMN pledged.tally.pages IS '[[hour as seconds, site, page, act, n], …]: the same decisions by page; empty when there were too many pages.';

CREATE TABLE pledged.roll_state (
	one boolean PRIMARY KEY DEFAULT true CHECK (one),
	raw_from timestamptz NOT NULL DEFAULT '-infinity',
	hours_from timestamptz NOT NULL DEFAULT '-infinity'
);
COMMENT ON TABLE pledged.roll_state IS 'One row, locked by whoever folds, so that there is one at a time; and how far back a rebuild can go.';
COMMENT ON COLUMN pledged.roll_state.one IS 'Always true.';
COMMENT ON COLUMN pledged.roll_state.raw_from IS 'Prompt events of decisions before this are no longer there: roll_rebuild leaves those days alone. Whoever drops a month moves it (roll_dropped).';
COMMENT ON COLUMN pledged.roll_state.hours_from IS 'Rows of rollup and roll_event before this are no longer there.';
INSERT INTO pledged.roll_state DEFAULT VALUES;

CREATE TABLE pledged.roll_delta (
	delta_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	hour timestamptz NOT NULL,
	site_id smallint NOT NULL,
	campaign text NOT NULL,
	variant text NOT NULL,
	section text NOT NULL,
	country text NOT NULL,
	device text NOT NULL,
	kind text NOT NULL,
	n bigint NOT NULL CHECK (n > 0)
);
COMMENT ON TABLE pledged.roll_delta IS 'Prompt events that are stored and not folded yet: written in the transaction of the event, removed in that of its count. An event that is repeated makes none.';
COMMENT ON COLUMN pledged.roll_delta.delta_id IS 'Number.';
COMMENT ON COLUMN pledged.roll_delta.hour IS 'Hour of the decision, also of an event that came days later; the site''s clock (whole hours of its zone).';
COMMENT ON COLUMN pledged.roll_delta.site_id IS 'Site.';
COMMENT ON COLUMN pledged.roll_delta.campaign IS 'Campaign.';
COMMENT ON COLUMN pledged.roll_delta.variant IS 'Variant.';
COMMENT ON COLUMN pledged.roll_delta.section IS 'Section of the article.';
COMMENT ON COLUMN pledged.roll_delta.country IS 'Country code, empty when unknown.';
COMMENT ON COLUMN pledged.roll_delta.device IS 'Device class, empty when unknown.';
COMMENT ON COLUMN pledged.roll_delta.kind IS 'As in prompt_event.';
COMMENT ON COLUMN pledged.roll_delta.n IS 'Events.';

CREATE TABLE pledged.roll_event (
	hour timestamptz NOT NULL,
	site_id smallint NOT NULL,
	campaign text NOT NULL,
	variant text NOT NULL,
	section text NOT NULL,
	country text NOT NULL,
	device text NOT NULL,
	kind text NOT NULL,
	n bigint NOT NULL CHECK (n > 0),
	PRIMARY KEY (hour, site_id, campaign, variant, section, country, device, kind)
);
COMMENT ON TABLE pledged.roll_event IS 'Prompt events by the hour of their decision.';
COMMENT ON COLUMN pledged.roll_event.hour IS 'Start of the hour in which the decision was made.';
COMMENT ON COLUMN pledged.roll_event.site_id IS 'Site.';
COMMENT ON COLUMN pledged.roll_event.campaign IS 'Campaign.';
COMMENT ON COLUMN pledged.roll_event.variant IS 'Variant.';
COMMENT ON COLUMN pledged.roll_event.section IS 'Section, empty when unknown.';
COMMENT ON COLUMN pledged.roll_event.country IS 'Country code, empty when unknown.';
COMMENT ON COLUMN pledged.roll_event.device IS 'Device class, empty when unknown.';
COMMENT ON COLUMN pledged.roll_event.kind IS 'As in prompt_event.';
COMMENT ON COLUMN pledged.roll_event.n IS 'Events, the first of a kind for each decision.';

CREATE TABLE pledged.roll_gone (LIKE pledged.roll_event INCLUDING CONSTRAINTS INCLUDING INDEXES);
COMMENT ON TABLE pledged.roll_gone IS 'Prompt events that were counted and deleted before their month went, because their reader wanted so: without them a rebuild would count fewer. No person can be told from it.';
COMMENT ON COLUMN pledged.roll_gone.hour IS 'As in roll_event.';
COMMENT ON COLUMN pledged.roll_gone.site_id IS 'As in roll_event.';
COMMENT ON COLUMN pledged.roll_gone.campaign IS 'As in roll_event.';
COMMENT ON COLUMN pledged.roll_gone.variant IS 'As in roll_event.';
COMMENT ON COLUMN pledged.roll_gone.section IS 'As in roll_event.';
COMMENT ON COLUMN pledged.roll_gone.country IS 'As in roll_event.';
COMMENT ON COLUMN pledged.roll_gone.device IS 'As in roll_event.';
COMMENT ON COLUMN pledged.roll_gone.kind IS 'As in roll_event.';
COMMENT ON COLUMN pledged.roll_gone.n IS 'Events that are gone.';

CREATE TABLE pledged.roll_day (
	day date NOT NULL,
	site_id smallint NOT NULL,
	campaign text NOT NULL,
	variant text NOT NULL,
	section text NOT NULL,
	country text NOT NULL,
	device text NOT NULL,
	decisions bigint NOT NULL DEFAULT 0 CHECK (decisions >= 0),
	prompts bigint NOT NULL DEFAULT 0 CHECK (prompts >= 0),
	walls bigint NOT NULL DEFAULT 0 CHECK (walls >= 0),
	followed bigint NOT NULL DEFAULT 0 CHECK (followed >= 0),
	viewed bigint NOT NULL DEFAULT 0 CHECK (viewed >= 0),
	clicked bigint NOT NULL DEFAULT 0 CHECK (clicked >= 0),
	closed bigint NOT NULL DEFAULT 0 CHECK (closed >= 0),
	later bigint NOT NULL DEFAULT 0 CHECK (later >= 0),
	already_gave bigint NOT NULL DEFAULT 0 CHECK (already_gave >= 0),
	never bigint NOT NULL DEFAULT 0 CHECK (never >= 0),
	held bigint NOT NULL DEFAULT 0 CHECK (held >= 0),
	PRIMARY KEY (day, site_id, campaign, variant, section, country, device)
);
COMMENT ON TABLE pledged.roll_day IS 'Decisions and what became of them, by the site''s day of the decision: the sum of rollup and roll_event over its hours.';
COMMENT ON COLUMN pledged.roll_day.day IS 'Day of the decision in the site''s zone.';
COMMENT ON COLUMN pledged.roll_day.site_id IS 'Site.';
COMMENT ON COLUMN pledged.roll_day.campaign IS 'Campaign that spoke or was held back; empty: none.';
COMMENT ON COLUMN pledged.roll_day.variant IS 'Variant; empty: none.';
COMMENT ON COLUMN pledged.roll_day.section IS 'Section, empty when unknown.';
COMMENT ON COLUMN pledged.roll_day.country IS 'Country code, empty when unknown.';
COMMENT ON COLUMN pledged.roll_day.device IS 'Device class, empty when unknown.';
COMMENT ON COLUMN pledged.roll_day.decisions IS 'Decisions, unsampled.';
COMMENT ON COLUMN pledged.roll_day.prompts IS 'Of them with act prompt.';
COMMENT ON COLUMN pledged.roll_day.walls IS 'Of them with act wall.';
COMMENT ON COLUMN pledged.roll_day.followed IS 'Prompts and walls served whose events may be kept: to readers that are stored and consent to it. The rest cannot be seen to be viewed.';
COMMENT ON COLUMN pledged.roll_day.viewed IS 'Of those followed: seen on screen.';
COMMENT ON COLUMN pledged.roll_day.clicked IS 'Of those followed: clicked.';
COMMENT ON COLUMN pledged.roll_day.closed IS 'Of those followed: closed.';
COMMENT ON COLUMN pledged.roll_day.later IS 'Of those followed: later.';
COMMENT ON COLUMN pledged.roll_day.already_gave IS 'Of those followed: gave already.';
COMMENT ON COLUMN pledged.roll_day.never IS 'Of those followed: never again.';
COMMENT ON COLUMN pledged.roll_day.held IS 'Held back to compare, of readers who may be followed.';

CREATE TABLE pledged.roll_reason (
	day date NOT NULL,
	site_id smallint NOT NULL,
	campaign text NOT NULL,
	variant text NOT NULL,
	act text NOT NULL,
	reason text NOT NULL,
	n bigint NOT NULL CHECK (n > 0),
	PRIMARY KEY (day, site_id, campaign, variant, act, reason)
);
COMMENT ON TABLE pledged.roll_reason IS 'Decisions by the site''s day and reason: the sum of rollup over its hours.';
COMMENT ON COLUMN pledged.roll_reason.day IS 'Day in the site''s zone.';
COMMENT ON COLUMN pledged.roll_reason.site_id IS 'Site.';
COMMENT ON COLUMN pledged.roll_reason.campaign IS 'Campaign, empty when none.';
COMMENT ON COLUMN pledged.roll_reason.variant IS 'Variant, empty when none.';
COMMENT ON COLUMN pledged.roll_reason.act IS 'open, prompt or wall.';
COMMENT ON COLUMN pledged.roll_reason.reason IS 'Reason (src/core/rule.def, reason.def).';
COMMENT ON COLUMN pledged.roll_reason.n IS 'Decisions.';

CREATE TABLE pledged.roll_page (
	day date NOT NULL,
	site_id smallint NOT NULL,
	page text NOT NULL,
	decisions bigint NOT NULL DEFAULT 0 CHECK (decisions >= 0),
	served bigint NOT NULL DEFAULT 0 CHECK (served >= 0),
	PRIMARY KEY (day, site_id, page)
);
COMMENT ON TABLE pledged.roll_page IS 'Decisions by the site''s day and page. Beyond so many pages a day (tally_fold) the rest is one row without a name, so that nobody can grow it at will.';
COMMENT ON COLUMN pledged.roll_page.day IS 'Day in the site''s zone.';
COMMENT ON COLUMN pledged.roll_page.site_id IS 'Site.';
COMMENT ON COLUMN pledged.roll_page.page IS 'Address of the article on the site; empty: pages beyond the limit.';
COMMENT ON COLUMN pledged.roll_page.decisions IS 'Decisions, unsampled.';
COMMENT ON COLUMN pledged.roll_page.served IS 'Of them prompts and walls.';

CREATE TABLE pledged.roll_pledge (
	pledge_id uuid PRIMARY KEY,
	day date NOT NULL,
	at timestamptz NOT NULL,
	site_id smallint NOT NULL,
	campaign text NOT NULL,
	variant text NOT NULL,
	section text NOT NULL,
	country text NOT NULL,
	device text NOT NULL,
	page text NOT NULL,
	decided_at timestamptz,
	livemode boolean NOT NULL,
	currency text NOT NULL,
	"interval" text NOT NULL,
	amount bigint NOT NULL,
	paid_at timestamptz,
	gross bigint
);
CREATE INDEX roll_pledge_day ON pledged.roll_pledge (day, site_id);
COMMENT ON TABLE pledged.roll_pledge IS 'A pledge with what its prompt was, kept when the prompt''s events go. Nobody''s name: who pledged stands in pledge alone.';
COMMENT ON COLUMN pledged.roll_pledge.pledge_id IS 'The pledge.';
COMMENT ON COLUMN pledged.roll_pledge.day IS 'Day of at in the site''s zone.';
COMMENT ON COLUMN pledged.roll_pledge.at IS 'When the decision was made whose token the pledge carried; of the pledge when that is not known.';
COMMENT ON COLUMN pledged.roll_pledge.site_id IS 'Site.';
COMMENT ON COLUMN pledged.roll_pledge.campaign IS 'Campaign; empty: pledged without a prompt.';
COMMENT ON COLUMN pledged.roll_pledge.variant IS 'Variant.';
COMMENT ON COLUMN pledged.roll_pledge.section IS 'Section of the prompt''s page, empty when unknown.';
COMMENT ON COLUMN pledged.roll_pledge.country IS 'Country in which the prompt was served, empty when unknown.';
COMMENT ON COLUMN pledged.roll_pledge.device IS 'Device on which it was served, empty when unknown.';
COMMENT ON COLUMN pledged.roll_pledge.page IS 'Page of the prompt, empty when unknown.';
COMMENT ON COLUMN pledged.roll_pledge.decided_at IS 'When the prompt was served, whole seconds; null when its event was never there.';
COMMENT ON COLUMN pledged.roll_pledge.livemode IS 'False for test pledges.';
COMMENT ON COLUMN pledged.roll_pledge.currency IS 'Currency.';
COMMENT ON COLUMN pledged.roll_pledge."interval" IS 'once, month or year.';
COMMENT ON COLUMN pledged.roll_pledge.amount IS 'Pledged, in minor units.';
COMMENT ON COLUMN pledged.roll_pledge.paid_at IS 'When its first payment was made; null: not paid.';
COMMENT ON COLUMN pledged.roll_pledge.gross IS 'Amount of the first payment, in minor units.';

CREATE TABLE pledged.roll_due (
	due_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	pledge_id uuid NOT NULL
);
COMMENT ON TABLE pledged.roll_due IS 'Pledges that are new or changed and stand in roll_pledge not yet, or as they were; written in the transaction of the change.';
COMMENT ON COLUMN pledged.roll_due.due_id IS 'Number.';
COMMENT ON COLUMN pledged.roll_due.pledge_id IS 'The pledge; may stand here more than once.';

CREATE FUNCTION pledged.roll_due_put() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
BEGIN
	INSERT INTO roll_due (pledge_id) VALUES (NEW.pledge_id);
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION pledged.roll_due_put() IS 'A pledge or its payment is new or changed.';
REVOKE ALL ON FUNCTION pledged.roll_due_put() FROM PUBLIC;
CREATE TRIGGER roll_due AFTER INSERT OR UPDATE OF site_id, campaign, variant, decision, amount, currency, "interval" ON pledged.pledge
	FOR EACH ROW EXECUTE FUNCTION pledged.roll_due_put();
CREATE TRIGGER roll_due AFTER INSERT OR UPDATE OF state, amount, mismatch, paid_at ON pledged.payment
	FOR EACH ROW WHEN (NEW.state = 'paid') EXECUTE FUNCTION pledged.roll_due_put();

CREATE TABLE pledged.roll_slice (
	month date NOT NULL CHECK (month = date_trunc('month', month)),
	slice smallint NOT NULL CHECK (slice BETWEEN -1 AND 255),
	at timestamptz NOT NULL,
	took_us integer NOT NULL DEFAULT 0,
	PRIMARY KEY (month, slice)
);
COMMENT ON TABLE pledged.roll_slice IS 'How fresh the readers'' months in roll_month are.';
COMMENT ON COLUMN pledged.roll_slice.month IS 'First day of the month.';
COMMENT ON COLUMN pledged.roll_slice.slice IS 'The readers whose id begins with this byte; -1: the month is closed, all of them are one and change no more.';
COMMENT ON COLUMN pledged.roll_slice.at IS 'As of when it was counted.';
COMMENT ON COLUMN pledged.roll_slice.took_us IS 'How long that took: what takes long is done less often.';

CREATE TABLE pledged.roll_month (
	month date NOT NULL,
	site_id smallint NOT NULL,
	slice smallint NOT NULL,
	articles smallint NOT NULL CHECK (articles >= 0),
	prompts smallint NOT NULL CHECK (prompts >= 0),
	walls smallint NOT NULL CHECK (walls >= 0),
	walled boolean NOT NULL,
	gave boolean NOT NULL,
	people bigint NOT NULL CHECK (people > 0),
	PRIMARY KEY (month, site_id, slice, articles, prompts, walls, walled, gave)
);
COMMENT ON TABLE pledged.roll_month IS 'How many readers had such a calendar month (the site''s zone): counted from readers'' lists by the clerk, slice after slice; a slice is counted anew as a whole, so nothing counts twice. Reader ids do not stand here.';
COMMENT ON COLUMN pledged.roll_month.month IS 'First day of the month.';
COMMENT ON COLUMN pledged.roll_month.site_id IS 'Site.';
COMMENT ON COLUMN pledged.roll_month.slice IS 'As in roll_slice.';
COMMENT ON COLUMN pledged.roll_month.articles IS 'Metered articles they wanted to read, each once, those behind a wall among them; at most 250, what a reader''s list holds.';
COMMENT ON COLUMN pledged.roll_month.prompts IS 'Prompts served to them.';
COMMENT ON COLUMN pledged.roll_month.walls IS 'Walls served to them, that of an article once a day.';
COMMENT ON COLUMN pledged.roll_month.walled IS 'Whether there was a wall.';
COMMENT ON COLUMN pledged.roll_month.gave IS 'Whether a pledge of theirs was paid within 30 days after the first wall of the month.';
COMMENT ON COLUMN pledged.roll_month.people IS 'Readers.';

-- What is folded and what waits, in one. Columns as in roll_day.
CREATE VIEW pledged.roll_day_all AS
	SELECT day, site_id, campaign, variant, section, country, device, decisions, prompts, walls, followed, viewed, clicked, closed, later,
		already_gave, never, held
	FROM pledged.roll_day
	UNION ALL
	SELECT (to_timestamp((e ->> 0)::bigint) AT TIME ZONE s.time_zone)::date, s.site_id, e ->> 5, e ->> 6, e ->> 2, e ->> 3, e ->> 4, c.n,
		CASE e ->> 7 WHEN 'prompt' THEN c.n ELSE 0 END, CASE e ->> 7 WHEN 'wall' THEN c.n ELSE 0 END, 0, 0, 0, 0, 0, 0, 0, 0
	FROM pledged.tally t, jsonb_array_elements(t.counts) AS e, LATERAL (SELECT (e ->> 9)::bigint AS n) c, pledged.site s
	WHERE s.site_id = (e ->> 1)::smallint
	UNION ALL
	SELECT (d.hour AT TIME ZONE s.time_zone)::date, d.site_id, d.campaign, d.variant, d.section, d.country, d.device, 0, 0, 0,
		CASE WHEN d.kind IN ('shown', 'walled') THEN d.n ELSE 0 END, CASE d.kind WHEN 'viewed' THEN d.n ELSE 0 END,
		CASE d.kind WHEN 'clicked' THEN d.n ELSE 0 END, CASE d.kind WHEN 'closed' THEN d.n ELSE 0 END,
		CASE d.kind WHEN 'later' THEN d.n ELSE 0 END, CASE d.kind WHEN 'already_gave' THEN d.n ELSE 0 END,
		CASE d.kind WHEN 'never' THEN d.n ELSE 0 END, CASE d.kind WHEN 'held' THEN d.n ELSE 0 END
	FROM pledged.roll_delta d JOIN pledged.site s USING (site_id);
COMMENT ON VIEW pledged.roll_day_all IS 'roll_day and what waits to be folded into it: to be summed.';

CREATE VIEW pledged.roll_reason_all AS
	SELECT day, site_id, campaign, variant, act, reason, n FROM pledged.roll_reason
	UNION ALL
	SELECT (to_timestamp((e ->> 0)::bigint) AT TIME ZONE s.time_zone)::date, s.site_id, e ->> 5, e ->> 6, e ->> 7, e ->> 8, (e ->> 9)::bigint
	FROM pledged.tally t, jsonb_array_elements(t.counts) AS e, pledged.site s WHERE s.site_id = (e ->> 1)::smallint;
COMMENT ON VIEW pledged.roll_reason_all IS 'roll_reason and what waits to be folded into it: to be summed.';

CREATE VIEW pledged.roll_page_all AS
	SELECT day, site_id, page, decisions, served FROM pledged.roll_page
	UNION ALL
	SELECT (to_timestamp((e ->> 0)::bigint) AT TIME ZONE s.time_zone)::date, s.site_id, e ->> 2, (e ->> 4)::bigint,
		CASE WHEN e ->> 3 <> 'open' THEN (e ->> 4)::bigint ELSE 0 END
	FROM pledged.tally t, jsonb_array_elements(t.pages) AS e, pledged.site s WHERE s.site_id = (e ->> 1)::smallint;
COMMENT ON VIEW pledged.roll_page_all IS 'roll_page and what waits to be folded into it: to be summed.';

-- A pledge as it is now. What its prompt was comes from the prompt's event, and from roll_pledge once that is gone. Events went to the
-- reader whom theirs was joined to; the pledge keeps the id it was made under.
CREATE VIEW pledged.roll_pledge_now AS
	SELECT p.pledge_id, (a.at AT TIME ZONE s.time_zone)::date AS day, a.at, p.site_id, coalesce(p.campaign, '') AS campaign,
		coalesce(p.variant, '') AS variant, coalesce(d.section, o.section, '') AS section, coalesce(d.country, o.country, '') AS country,
		coalesce(d.device, o.device, '') AS device, coalesce(d.article, o.page, '') AS page, coalesce(d.decided_at, o.decided_at) AS decided_at,
		p.livemode, p.currency::text AS currency, p."interval", p.amount, y.paid_at, y.amount AS gross
	FROM pledged.pledge p JOIN pledged.site s USING (site_id)
	LEFT JOIN pledged.roll_pledge o USING (pledge_id)
	LEFT JOIN pledged.reader r ON r.reader_id = p.reader_id
	LEFT JOIN LATERAL (SELECT e.decided_at, e.section, e.country, e.device, e.article FROM pledged.prompt_event e
		WHERE e.reader_id = coalesce(r.same_as, p.reader_id) AND e.decision = p.decision
			AND e.decided_at BETWEEN p.created_at - interval '1 day' AND p.created_at
		ORDER BY e.kind IN ('shown', 'walled') DESC, e.decided_at, e.kind LIMIT 1) d ON true
	LEFT JOIN LATERAL (SELECT y.paid_at, y.amount FROM pledged.payment y
		WHERE y.pledge_id = p.pledge_id AND y.state = 'paid' AND y.mismatch IS NULL ORDER BY y.paid_at, y.payment_id LIMIT 1) y ON true,
	LATERAL (SELECT coalesce(d.decided_at, o.decided_at, p.created_at) AS at) a;
COMMENT ON VIEW pledged.roll_pledge_now IS 'roll_pledge, made anew of the pledge, its payments and its prompt''s event.';

CREATE VIEW pledged.roll_pledge_all AS
	SELECT r.* FROM pledged.roll_pledge r WHERE NOT EXISTS (SELECT FROM pledged.roll_due d WHERE d.pledge_id = r.pledge_id)
	UNION ALL
	SELECT n.* FROM (SELECT DISTINCT pledge_id FROM pledged.roll_due) d
	JOIN LATERAL (SELECT * FROM pledged.roll_pledge_now n WHERE n.pledge_id = d.pledge_id) n ON true;
COMMENT ON VIEW pledged.roll_pledge_all IS 'roll_pledge, with those that wait as they are now.';

DO $$
DECLARE
	v record;
BEGIN
	-- a column of these views is commented as that of the table
	FOR v IN SELECT c.relname, a.attname, col_description(format('pledged.%I', regexp_replace(c.relname, '_(all|now)$', ''))::regclass,
			(SELECT b.attnum FROM pg_attribute b WHERE b.attname = a.attname
				AND b.attrelid = format('pledged.%I', regexp_replace(c.relname, '_(all|now)$', ''))::regclass)::integer) AS words
		FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
		WHERE c.relnamespace = 'pledged'::regnamespace AND c.relname ~ '^roll_.*_(all|now)$'
	LOOP
		EXECUTE format('COMMENT ON COLUMN pledged.%I.%I IS %L', v.relname, v.attname, v.words);
	END LOOP;
END $$;

-- What is there already is counted by the clerk, some days at a time (roll_fill): no quiet hour is needed for it.
CREATE TABLE pledged.roll_fill (
	one boolean PRIMARY KEY DEFAULT true CHECK (one),
	days_to date,
	pledges_from uuid,
	CHECK (days_to IS NOT NULL OR pledges_from IS NOT NULL)
);
COMMENT ON TABLE pledged.roll_fill IS 'What was there before the roll-ups and is not in them yet; no row: all is. Reports of those days show less meanwhile, never more.';
COMMENT ON COLUMN pledged.roll_fill.one IS 'Always true.';
COMMENT ON COLUMN pledged.roll_fill.days_to IS 'Days before this one are to be made of their raw rows, newest first; null: done.';
COMMENT ON COLUMN pledged.roll_fill.pledges_from IS 'Pledges with an id from this on are to be made due; null: done.';
INSERT INTO pledged.roll_fill (days_to, pledges_from)
SELECT (now() AT TIME ZONE 'UTC')::date + 2, '00000000-0000-0000-0000-000000000000'
WHERE EXISTS (SELECT FROM pledged.rollup) OR EXISTS (SELECT FROM pledged.prompt_event) OR EXISTS (SELECT FROM pledged.pledge);

-- R1. Rows are to be summed: a row of decisions, and beside it one of the pledges they led to, which carries a currency and a mode.
-- Decisions stand with the site's own, so sums count nothing twice. Not grouped here: whoever asks groups once, by less.
DROP VIEW report.funnel;
CREATE VIEW report.funnel AS
WITH site AS MATERIALIZED (
	SELECT s.site_id, s.slug, s.currency, pledged.money_major(0, s.currency) AS zero,
		CASE WHEN EXISTS (SELECT FROM pledged.pledge p WHERE p.site_id = s.site_id AND p.livemode) THEN 'live' ELSE 'test' END AS mode
	FROM pledged.site s
)
SELECT d.day, s.slug AS site, d.campaign, d.variant, d.section, d.country, d.device, s.mode, s.currency, d.decisions,
	d.prompts + d.walls AS served, d.followed, d.viewed, d.clicked, 0::bigint AS pledged, 0::bigint AS paid, s.zero AS gross,
	d.day > current_date - 3 AS provisional
FROM pledged.roll_day_all d JOIN site s USING (site_id)
UNION ALL
SELECT p.day, s.slug, p.campaign, p.variant, p.section, p.country, p.device, CASE WHEN p.livemode THEN 'live' ELSE 'test' END,
	p.currency, 0, 0, 0, 0, 0, p.pledged, p.paid, pledged.money_major(p.gross, p.currency), p.day > current_date - 3
FROM (SELECT day, site_id, campaign, variant, section, country, device, livemode, currency, count(*) AS pledged, count(paid_at) AS paid,
		coalesce(sum(gross), 0) AS gross
	FROM pledged.roll_pledge_all GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9) p JOIN site s USING (site_id);
COMMENT ON VIEW report.funnel IS 'R1: from decisions to gifts, by the day of the decision. Rows are to be summed, gross within a currency: decisions and pledges of one campaign and day may stand in several.';
COMMENT ON COLUMN report.funnel.day IS 'Day of the decision in the site''s zone; of the pledge when no prompt is known.';
COMMENT ON COLUMN report.funnel.site IS 'Site.';
COMMENT ON COLUMN report.funnel.campaign IS 'Campaign; empty: none spoke, or pledged without a prompt.';
COMMENT ON COLUMN report.funnel.variant IS 'Variant of the campaign.';
COMMENT ON COLUMN report.funnel.section IS 'Section of the page, empty when unknown.';
COMMENT ON COLUMN report.funnel.country IS 'Country code, empty when unknown.';
COMMENT ON COLUMN report.funnel.device IS 'Device class, empty when unknown.';
COMMENT ON COLUMN report.funnel.mode IS 'live or test, of the pledges. Decisions stand with live as soon as the site has a live pledge.';
COMMENT ON COLUMN report.funnel.currency IS 'Currency of the pledges. Decisions stand with the site''s own.';
COMMENT ON COLUMN report.funnel.decisions IS 'Decisions that this campaign made, unsampled.';
COMMENT ON COLUMN report.funnel.served IS 'Of them prompts and walls that were served.';
COMMENT ON COLUMN report.funnel.followed IS 'Of those served, to readers whose consent lets us know more. What follows up to clicked is of these.';
COMMENT ON COLUMN report.funnel.viewed IS 'Seen on screen.';
COMMENT ON COLUMN report.funnel.clicked IS 'Clicked.';
COMMENT ON COLUMN report.funnel.pledged IS 'Pledges made.';
COMMENT ON COLUMN report.funnel.paid IS 'Pledges paid as pledged.';
COMMENT ON COLUMN report.funnel.gross IS 'Their first payments in major units; later instalments are in report.income.';
COMMENT ON COLUMN report.funnel.provisional IS 'Of the newest three days: more may come.';

CREATE OR REPLACE VIEW report.prompts AS
SELECT r.day, s.slug AS site, r.campaign, r.variant, r.act, r.reason, sum(r.n)::bigint AS n
FROM pledged.roll_reason_all r JOIN pledged.site s USING (site_id)
GROUP BY 1, 2, 3, 4, 5, 6;

-- R4, R5 by readers' months.
CREATE VIEW report.stops AS
WITH fresh AS (
	SELECT month, bool_or(slice = -1) AS closed, CASE WHEN bool_or(slice = -1) OR count(*) = 256 THEN min(at) END AS as_of
	FROM pledged.roll_slice GROUP BY month
)
SELECT m.month, s.slug AS site, sum(m.people)::bigint AS people, coalesce(sum(m.people) FILTER (WHERE m.articles > 0 OR m.walled), 0)::bigint AS metered,
	coalesce(sum(m.people) FILTER (WHERE m.walled), 0)::bigint AS walled,
	round(100.0 * sum(m.people) FILTER (WHERE m.walled) / nullif(sum(m.people) FILTER (WHERE m.articles > 0 OR m.walled), 0), 2) AS stop_rate,
	coalesce(sum(m.people) FILTER (WHERE m.walled AND m.gave), 0)::bigint AS gave,
	round(100.0 * coalesce(sum(m.people) FILTER (WHERE m.walled AND m.gave), 0) / nullif(sum(m.people) FILTER (WHERE m.walled), 0), 2) AS conversion,
	f.closed, f.as_of
FROM pledged.roll_month m JOIN pledged.site s USING (site_id) JOIN fresh f USING (month)
GROUP BY m.month, s.slug, f.closed, f.as_of;
COMMENT ON VIEW report.stops IS 'R4: how many were stopped by a wall in a calendar month, and how many of them gave. Live and test gifts count.';
COMMENT ON COLUMN report.stops.month IS 'First day of the month in the site''s zone.';
COMMENT ON COLUMN report.stops.site IS 'Site.';
COMMENT ON COLUMN report.stops.people IS 'Readers with a decision, whose cookie came back at least once.';
COMMENT ON COLUMN report.stops.metered IS 'Of them with an article that meters count, read or behind a wall.';
COMMENT ON COLUMN report.stops.walled IS 'Of them walled at least once.';
COMMENT ON COLUMN report.stops.stop_rate IS 'walled / metered, per cent.';
COMMENT ON COLUMN report.stops.gave IS 'Of the walled: with a pledge that was paid within 30 days after the first wall.';
COMMENT ON COLUMN report.stops.conversion IS 'gave / walled, per cent: paid-stop conversion.';
COMMENT ON COLUMN report.stops.closed IS 'The month is over, with its 30 days: its numbers change no more.';
COMMENT ON COLUMN report.stops.as_of IS 'All readers were counted at this time or later; null: not all yet.';

CREATE VIEW report.meter AS
WITH cell AS (
	SELECT m.month, s.slug AS site, m.articles, sum(m.people) AS n FROM pledged.roll_month m JOIN pledged.site s USING (site_id)
	GROUP BY m.month, s.slug, m.articles
)
SELECT month, site, articles::integer AS opened, n::bigint AS people, (sum(n) OVER (PARTITION BY month, site ORDER BY articles DESC))::bigint AS at_least
FROM cell;
COMMENT ON VIEW report.meter IS 'R4: how many metered articles readers wanted in a calendar month, from which one chooses the meter.';
COMMENT ON COLUMN report.meter.month IS 'First day of the month in the site''s zone.';
COMMENT ON COLUMN report.meter.site IS 'Site.';
COMMENT ON COLUMN report.meter.opened IS 'Metered articles, each once, those behind a wall among them; 250 stands for more.';
COMMENT ON COLUMN report.meter.people IS 'Readers with so many.';
COMMENT ON COLUMN report.meter.at_least IS 'Readers with so many or more: with a meter of one less they would be stopped.';

CREATE VIEW report.pressure AS
WITH served AS (
	SELECT month, site_id, prompts::integer + walls AS n, sum(people) AS people FROM pledged.roll_month GROUP BY month, site_id, prompts::integer + walls
), ranked AS (
	SELECT month, site_id, n, people, sum(people) OVER (PARTITION BY month, site_id ORDER BY n) AS up_to,
		sum(people) OVER (PARTITION BY month, site_id) AS of_all
	FROM served
), each AS (
	SELECT month, site_id, max(of_all) AS people, min(n) FILTER (WHERE up_to >= 0.5 * of_all) AS p50, min(n) FILTER (WHERE up_to >= 0.95 * of_all) AS p95,
		min(n) FILTER (WHERE up_to >= 0.99 * of_all) AS p99, max(n) AS most
	FROM ranked GROUP BY month, site_id
), sums AS (
	SELECT date_trunc('month', day)::date AS month, site_id, sum(decisions) AS decisions, sum(prompts + walls) AS served, sum(prompts) AS prompts,
		sum(walls) AS walls, sum(followed) AS followed, sum(viewed) AS viewed, sum(closed) AS closed, sum(later) AS later,
		sum(already_gave) AS already_gave, sum(never) AS never
	FROM pledged.roll_day_all GROUP BY 1, 2
)
SELECT month, s.slug AS site, e.people::bigint AS people, e.p50, e.p95, e.p99, e.most, coalesce(d.decisions, 0)::bigint AS decisions,
	coalesce(d.prompts, 0)::bigint AS prompts, coalesce(d.walls, 0)::bigint AS walls,
	round(100.0 * d.served / nullif(d.decisions, 0), 2) AS served_rate, coalesce(d.followed, 0)::bigint AS followed,
	coalesce(d.viewed, 0)::bigint AS viewed,
	coalesce(d.closed, 0)::bigint AS closed, coalesce(d.later, 0)::bigint AS later, coalesce(d.already_gave, 0)::bigint AS already_gave,
	coalesce(d.never, 0)::bigint AS never, round(100.0 * d.closed / nullif(d.viewed, 0), 2) AS closed_rate,
	round(100.0 * d.later / nullif(d.viewed, 0), 2) AS later_rate, round(100.0 * d.already_gave / nullif(d.viewed, 0), 2) AS already_gave_rate,
	round(100.0 * d.never / nullif(d.viewed, 0), 2) AS never_rate
FROM sums d FULL JOIN each e USING (month, site_id) JOIN pledged.site s USING (site_id);
COMMENT ON VIEW report.pressure IS 'R5: how often readers are asked in a calendar month, and what they do.';
COMMENT ON COLUMN report.pressure.month IS 'First day of the month in the site''s zone.';
COMMENT ON COLUMN report.pressure.site IS 'Site.';
COMMENT ON COLUMN report.pressure.people IS 'Readers with a decision, whose cookie came back at least once.';
COMMENT ON COLUMN report.pressure.p50 IS 'Prompts and walls that half of them saw at most. A wall counts once for an article and day here.';
COMMENT ON COLUMN report.pressure.p95 IS 'What 95 of 100 of them saw at most.';
COMMENT ON COLUMN report.pressure.p99 IS 'What 99 of 100 of them saw at most.';
COMMENT ON COLUMN report.pressure.most IS 'What one of them saw.';
COMMENT ON COLUMN report.pressure.decisions IS 'Decisions, of all visitors.';
COMMENT ON COLUMN report.pressure.prompts IS 'Prompts served.';
COMMENT ON COLUMN report.pressure.walls IS 'Walls served, each time.';
COMMENT ON COLUMN report.pressure.served_rate IS '(prompts + walls) / decisions, per cent.';
COMMENT ON COLUMN report.pressure.followed IS 'Of those served, to readers whose consent lets us know more. The rest is of these.';
COMMENT ON COLUMN report.pressure.viewed IS 'Seen on screen.';
COMMENT ON COLUMN report.pressure.closed IS 'Closed.';
COMMENT ON COLUMN report.pressure.later IS 'Later.';
COMMENT ON COLUMN report.pressure.already_gave IS 'Gave already, says the reader.';
COMMENT ON COLUMN report.pressure.never IS 'Never again.';
COMMENT ON COLUMN report.pressure.closed_rate IS 'closed / viewed, per cent.';
COMMENT ON COLUMN report.pressure.later_rate IS 'later / viewed, per cent.';
COMMENT ON COLUMN report.pressure.already_gave_rate IS 'already_gave / viewed, per cent.';
COMMENT ON COLUMN report.pressure.never_rate IS 'never / viewed, per cent.';

GRANT SELECT ON report.funnel, report.stops, report.meter, report.pressure TO pledged_report;
