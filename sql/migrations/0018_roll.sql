-- Roll-ups: what reports read, so that raw prompt events can go after their time and reports stay fast.
-- Decisions come from tallies (tally_fold), prompt events by what waits in roll_delta (roll_events), pledges by roll_due (roll_pledges),
-- readers' months by slices (roll_months). Each is exact at every moment: what waits is read beside what is folded.
-- Locking order of what is new, after reader, prompt_event, tally and all tables of money: roll_state, roll_delta, roll_due, rollup,
-- roll_event, roll_day, roll_reason, roll_page, roll_pledge, roll_slice, roll_month. Whoever folds holds the row of roll_state.

SET LOCAL lock_timeout = '5s';

-- What is written with an event is known to its page alone, so that it has to stand in the row.
ALTER TABLE pledged.prompt_event ADD COLUMN country text NOT NULL DEFAULT '', ADD COLUMN device text NOT NULL DEFAULT '';
COMMENT ON COLUMN pledged.prompt_event.country IS 'Country code from nginx, empty when unknown; of the serving, also for what came later.';
COMMENT ON COLUMN pledged.prompt_event.device IS 'Device class from nginx, empty when unknown; of the serving, also for what came later.';
COMMENT ON COLUMN pledged.prompt_event.kind IS 'shown (a prompt served), viewed (seen on screen), closed, later, already_gave, never, clicked; walled: a wall served; held: would have been shown, but the reader is in the hold-out or in a control.';
DROP FUNCTION pledged.view_batch(uuid[], smallint[], timestamptz[], timestamptz[], bytea[], bytea[], integer[],
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
	took_ms integer NOT NULL DEFAULT 0,
	PRIMARY KEY (month, slice)
);
COMMENT ON TABLE pledged.roll_slice IS 'How fresh the readers'' months in roll_month are.';
COMMENT ON COLUMN pledged.roll_slice.month IS 'First day of the month.';
COMMENT ON COLUMN pledged.roll_slice.slice IS 'The readers whose id begins with this byte; -1: the month is closed, all of them are one and change no more.';
COMMENT ON COLUMN pledged.roll_slice.at IS 'As of when it was counted.';
COMMENT ON COLUMN pledged.roll_slice.took_ms IS 'How long that took: what takes long is done less often.';

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
