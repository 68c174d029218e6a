-- What is kept for how long and what was erased, each in a table, and the proof of the first.
-- Locking order of what is new: retention first, then whatever table its row names; erasure last.

SET LOCAL lock_timeout = '5s';

CREATE TABLE pledged.retention (
	what        text PRIMARY KEY CHECK (what ~ '^[a-z][a-z_]{1,39}$'),
	table_name  text NOT NULL CHECK (table_name ~ '^[a-z_]{2,63}$'),
	column_name text NOT NULL CHECK (column_name ~ '^[a-z_]{2,63}$'),
	period      interval CHECK (period >= interval '1 minute'),
	how         text NOT NULL CHECK (how IN ('drop', 'delete', 'strip', 'forget', 'own', 'keep')),
	only_if     text NOT NULL DEFAULT 'true',
	fields      text[] NOT NULL DEFAULT '{}',
	by          text NOT NULL DEFAULT 'retain',
	why         text NOT NULL CHECK (why <> ''),
	next_at     timestamptz NOT NULL DEFAULT '-infinity',
	run_at      timestamptz,
	gone        bigint NOT NULL DEFAULT 0,
	reached     uuid,
	pass_oldest timestamptz,
	oldest      timestamptz,
	CHECK ((how = 'strip') = (fields <> '{}')),
	CHECK ((how = 'keep') = (period IS NULL)),
	CHECK ((how IN ('own', 'keep')) = (by <> 'retain'))
);
COMMENT ON TABLE pledged.retention IS 'What is kept for how long: the promise, what the clerk enforces, and what report.retention proves, are the same row. UPDATE period to change one.';
COMMENT ON COLUMN pledged.retention.what IS 'Name of the promise.';
COMMENT ON COLUMN pledged.retention.table_name IS 'Table of schema pledged.';
COMMENT ON COLUMN pledged.retention.column_name IS 'Its time from which the period counts.';
COMMENT ON COLUMN pledged.retention.period IS 'For how long; null: for good.';
COMMENT ON COLUMN pledged.retention.how IS 'drop (whole months), delete (rows), strip (fields of rows), forget (a reader with all that hangs on it), own (a function of its own does it), keep.';
COMMENT ON COLUMN pledged.retention.only_if IS 'Which rows are meant: a condition on x, the row; $1 is the moment before which they are too old. It is run as it stands.';
COMMENT ON COLUMN pledged.retention.fields IS 'Of strip: what is emptied.';
COMMENT ON COLUMN pledged.retention.by IS 'Function that enforces it; of keep: what it goes with, or nothing.';
COMMENT ON COLUMN pledged.retention.why IS 'Why for so long, in a sentence.';
COMMENT ON COLUMN pledged.retention.next_at IS 'When the clerk looks at it next.';
COMMENT ON COLUMN pledged.retention.run_at IS 'When the clerk looked at it last; null: never, or it is not the clerk''s own step.';
COMMENT ON COLUMN pledged.retention.gone IS 'Rows that went or were stripped so far.';
COMMENT ON COLUMN pledged.retention.reached IS 'Of forget: how far the pass over all readers got; null: between two passes. It counts ids, and names nobody for long.';
COMMENT ON COLUMN pledged.retention.pass_oldest IS 'Of forget: the oldest that the running pass left.';
COMMENT ON COLUMN pledged.retention.oldest IS 'Of forget: the oldest that the last whole pass left.';

INSERT INTO pledged.retention (what, table_name, column_name, period, how, only_if, fields, by, why) VALUES
	('prompt_events', 'prompt_event', 'decided_at', '13 months', 'drop', 'true', '{}', 'retain',
		'A year is compared with the one before; whole months go.'),
	('prompt_events_rest', 'prompt_event_rest', 'decided_at', '13 months', 'delete', 'true', '{}', 'retain',
		'The same, of rows outside the months that were made.'),
	('readers', 'reader', 'last_at', '13 months', 'forget', 'true', '{}', 'retain',
		'Who has not come for so long has no cookie of ours any more.'),
	('reader_addresses', 'reader_email', 'at', NULL, 'keep', 'true', '{}', 'readers', 'Goes with its reader.'),
	('samples', 'decision_sample', 'at', '14 days', 'own', 'true', '{}', 'sample_trim', 'For pledgectl replay.'),
	('links', 'reader_link_token', 'expires_at', '1 day', 'own', 'true', '{}', 'link_clean', 'The limit of links counts them so long.'),
	('manage_links', 'manage_token', 'expires_at', '1 day', 'own', 'true', '{}', 'manage_clean', 'The limit of links counts them so long.'),
	('manage_addresses', 'manage_token', 'expires_at', '5 minutes', 'own', 'x.email IS NOT NULL', '{}', 'manage_clean', 'Nothing is found by them afterwards.'),
	('manage_visits', 'manage_session', 'expires_at', '5 minutes', 'own', 'true', '{}', 'manage_clean', 'They are over.'),
	('reminders_waiting', 'remind', 'created_at', '13 months', 'own', 'x.state = ''waiting''', '{}', 'remind_clean', 'The latest that can be asked for is a year ahead.'),
	('reminders_over', 'remind', 'ended_at', '30 days', 'own', 'x.erased_at IS NULL AND x.state <> ''waiting''', '{}', 'remind_clean', 'A gift within this time is counted for them.'),
	('reminder_networks', 'remind', 'created_at', '1 day', 'own', 'x.network IS NOT NULL', '{}', 'remind_clean', 'For the limit alone.'),
	('reminder_stops', 'remind_stop', 'at', '1 year', 'own', 'true', '{}', 'remind_clean', 'Who said stop is silent to us for a year.'),
	('robot_claims', 'robot_claim', 'expires_at', '1 hour', 'own', 'true', '{}', 'robot_sweep', 'They end at the latest a day after the answer.'),
	('limits', 'limit_bucket', 'at', '1 day', 'own', 'true', '{}', 'guard_tick', 'Until the bucket is empty: minutes.'),
	('unpaid_addresses', 'pledge', 'status_at', '30 days', 'strip', 'x.status IN (''lapsed'', ''canceled'', ''failed'')',
		'{email,request_id}', 'retain', 'No money came, so the books need nobody''s name.'),
	('pledge_readers', 'pledge', 'created_at', '13 months', 'strip',
		'NOT EXISTS (SELECT FROM pledged.recurring r WHERE r.pledge_id = x.pledge_id AND r.state <> ''ended'')',
		'{reader_id,decision}', 'retain', 'As long as the prompt events that they belong to; a running gift keeps its reader unasked.'),
	('donor_addresses', 'pledge', 'created_at', '10 years', 'strip',
		'NOT EXISTS (SELECT FROM pledged.recurring r WHERE r.pledge_id = x.pledge_id AND r.state <> ''ended'')'
		' AND NOT EXISTS (SELECT FROM pledged.payment y WHERE y.pledge_id = x.pledge_id AND y.created_at >= $1)',
		'{email,request_id}', 'retain', 'Tax law: six to ten years; set the period of your country.'),
	('donor_customers', 'recurring', 'state_at', '10 years', 'strip', 'x.state = ''ended''', '{customer}', 'retain', 'As the donor''s address.'),
	('wish_reasons', 'wish', 'state_at', '13 months', 'strip', 'x.state NOT IN (''asked'', ''sent'')', '{reason}', 'retain', 'What somebody wrote.'),
	('webhook_texts', 'inbox', 'received_at', '30 days', 'strip', 'x.state NOT IN (''new'', ''leased'')', '{headers,body}', 'retain', 'The provider can be asked for as long.'),
	('webhooks', 'inbox', 'received_at', '13 months', 'delete', 'x.state NOT IN (''new'', ''leased'')', '{}', 'retain', 'For the report of a year.'),
	('call_texts', 'outbox', 'ended_at', '30 days', 'strip', 'x.state <> ''open''', '{body}', 'retain', 'Nothing is sent again after that.'),
	('mail_texts', 'mail_out', 'ended_at', '90 days', 'strip', 'x.state <> ''queued''', '{recipient,subject_line,body,stop_url}', 'retain', 'A donor who asks for a mail again is told what was in it.'),
	('lists_of_theirs', 'theirs', 'created_at', NULL, 'keep', 'true', '{}', 'comparison_end', 'Emptied at the end of each comparison.'),
	('comparisons', 'comparison', 'ended_at', '13 months', 'delete', 'x.state IN (''done'', ''failed'')', '{}', 'retain', 'For the report of a year.'),
	('guard_events', 'guard_event', 'at', '13 months', 'delete', 'x.told_at IS NOT NULL', '{}', 'retain', 'For the report of a year.'),
	('books', 'ledger', 'at', NULL, 'keep', 'true', '{}', 'nothing', 'The books; no person stands in them.'),
	('counts', 'rollup', 'hour', NULL, 'keep', 'true', '{}', 'nothing', 'Sums; no person stands in them.');

INSERT INTO pledged.retention (what, table_name, column_name, period, how, by, why)
SELECT 'refusals', 'refusal_log', 'at', '8 days', 'own', 'refusal_fold', 'A gift within a week tells that it was refused in vain.'
WHERE to_regclass('pledged.refusal_log') IS NOT NULL;

-- What is too old is looked for by these; each holds the few rows that still have what must go.
CREATE INDEX pledge_unpaid_address ON pledged.pledge (status_at)
	WHERE status IN ('lapsed', 'canceled', 'failed') AND (email IS NOT NULL OR request_id IS NOT NULL);
CREATE INDEX pledge_has_reader ON pledged.pledge (created_at) WHERE reader_id IS NOT NULL OR decision IS NOT NULL;
CREATE INDEX wish_has_reason ON pledged.wish (state_at) WHERE reason IS NOT NULL;
CREATE INDEX inbox_has_text ON pledged.inbox (received_at) WHERE headers IS NOT NULL OR body IS NOT NULL;
CREATE INDEX outbox_has_text ON pledged.outbox (ended_at) WHERE state <> 'open' AND body <> '';
CREATE INDEX mail_out_has_text ON pledged.mail_out (ended_at)
	WHERE state <> 'queued' AND (recipient IS NOT NULL OR subject_line <> '' OR body <> '' OR stop_url IS NOT NULL);

-- --- what was erased -----------------------------------------------------------------------------

CREATE TABLE pledged.erasure (
	erasure_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	at         timestamptz NOT NULL,
	author     text NOT NULL CHECK (length(author) BETWEEN 1 AND 100),
	asked      text NOT NULL CHECK (asked IN ('reader', 'address')),
	readers    integer NOT NULL CHECK (readers >= 0),
	pledges    integer NOT NULL CHECK (pledges >= 0)
);
COMMENT ON TABLE pledged.erasure IS 'Persons who were erased: that it was done, not who it was.';
COMMENT ON COLUMN pledged.erasure.erasure_id IS 'Row number.';
COMMENT ON COLUMN pledged.erasure.at IS 'When.';
COMMENT ON COLUMN pledged.erasure.author IS 'Login of the operator.';
COMMENT ON COLUMN pledged.erasure.asked IS 'reader (by its id) or address.';
COMMENT ON COLUMN pledged.erasure.readers IS 'Readers who went.';
COMMENT ON COLUMN pledged.erasure.pledges IS 'Pledges whose person went; they stay in the books.';

ALTER TABLE pledged.pledge ADD COLUMN erased_at timestamptz;
ALTER TABLE pledged.pledge ADD CONSTRAINT pledge_erased_check
	CHECK (erased_at IS NULL OR num_nonnulls(email, reader_id, decision, request_id) = 0) NOT VALID;
COMMENT ON COLUMN pledged.pledge.erased_at IS 'When the person was erased: no address is learnt for it any more; null: was not.';

-- What was agreed with the donor does not change. Once, when the person is erased, go the names by which the donor knows it.
CREATE OR REPLACE FUNCTION pledged.pledge_fixed() RETURNS trigger LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
BEGIN
	IF (NEW.pledge_id, NEW.site_id, NEW.amount, NEW.cover, NEW.currency, NEW."interval", NEW.livemode, NEW.created_at) IS DISTINCT FROM
		(OLD.pledge_id, OLD.site_id, OLD.amount, OLD.cover, OLD.currency, OLD."interval", OLD.livemode, OLD.created_at)
		OR ((NEW.public_token, NEW.key, NEW.fingerprint) IS DISTINCT FROM (OLD.public_token, OLD.key, OLD.fingerprint)
			AND (OLD.erased_at IS NOT NULL OR NEW.erased_at IS NULL))
		OR (OLD.erased_at IS NOT NULL AND NEW.erased_at IS DISTINCT FROM OLD.erased_at) THEN
		RAISE EXCEPTION 'pledge % is fixed', OLD.pledge_id USING ERRCODE = 'restrict_violation';
	END IF;
	RETURN NEW;
END $$;

-- A stored request is sent again byte for byte or not at all; when it is over its bytes may go, all of them.
CREATE OR REPLACE FUNCTION pledged.outbox_fixed() RETURNS trigger LANGUAGE plpgsql SET search_path = pledged, pg_temp AS $$
BEGIN
	IF TG_OP = 'INSERT' THEN
		NEW.body_sha256 := sha256(NEW.body);
		RETURN NEW;
	END IF;
	IF NEW.body = '' AND OLD.body <> '' AND NEW.state <> 'open' AND NEW.body_sha256 = OLD.body_sha256 THEN
		NEW.body_sha256 := sha256('');
		OLD.body := '';
		OLD.body_sha256 := NEW.body_sha256;
	END IF;
	IF (NEW.kind, NEW.subject, NEW.no, NEW.provider, NEW.method, NEW.path, NEW.idem_key, NEW.body, NEW.body_sha256)
		IS DISTINCT FROM
		(OLD.kind, OLD.subject, OLD.no, OLD.provider, OLD.method, OLD.path, OLD.idem_key, OLD.body, OLD.body_sha256)
		OR (OLD.first_sent_at IS NOT NULL AND NEW.first_sent_at IS DISTINCT FROM OLD.first_sent_at)
		OR (NEW.body = '' AND OLD.state <> 'open' AND NEW.state = 'open') THEN
		RAISE EXCEPTION 'outbox % keeps its bytes', OLD.outbox_id USING ERRCODE = 'restrict_violation';
	END IF;
	RETURN NEW;
END $$;
COMMENT ON COLUMN pledged.outbox.body IS 'Request body, sent byte for byte each time; empty a while after it ended. [personal]';
COMMENT ON COLUMN pledged.mail_out.body IS 'Plain text; of a mail with a key in it (manage, remind) empty once it is sent, of any other a while later.';
COMMENT ON COLUMN pledged.inbox.body IS 'Raw request body that was verified; null a while later. [personal]';

-- --- the proof -----------------------------------------------------------------------------------

-- Of months: where the oldest one that holds anything begins. Of readers: as the last whole pass left them.
CREATE FUNCTION pledged.retention_oldest(p_what text) RETURNS timestamptz
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
DECLARE
	r retention;
	v_at timestamptz;
	v_part record;
	v_any boolean;
BEGIN
	SELECT * INTO STRICT r FROM retention WHERE what = p_what;
	IF r.how = 'forget' THEN
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
REVOKE ALL ON FUNCTION pledged.retention_oldest(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.retention_oldest(text) TO pledged_report;
COMMENT ON FUNCTION pledged.retention_oldest(text) IS 'The oldest row that a promise of the retention table still allows to be there.';

CREATE VIEW report.retention AS
SELECT t.what, t.table_name, t.column_name, t.period, t.how, t.fields, t.by, o.oldest, l.limit_at,
	coalesce(o.oldest < l.limit_at - CASE t.how WHEN 'forget' THEN interval '2 days' ELSE interval '2 hours' END, false) AS late,
	t.gone, t.run_at, t.why
FROM pledged.retention t,
	LATERAL (SELECT pledged.retention_oldest(t.what) AS oldest) o,
	LATERAL (SELECT CASE t.how WHEN 'drop' THEN date_trunc('month', now() - t.period, 'UTC') ELSE now() - t.period END AS limit_at) l;
GRANT SELECT ON report.retention TO pledged_report;
COMMENT ON VIEW report.retention IS 'What is kept for how long, and whether that is so: the oldest row against the limit.';
COMMENT ON COLUMN report.retention.what IS 'Name of the promise.';
COMMENT ON COLUMN report.retention.table_name IS 'Table.';
COMMENT ON COLUMN report.retention.column_name IS 'Time from which the period counts.';
COMMENT ON COLUMN report.retention.period IS 'For how long; empty: for good.';
COMMENT ON COLUMN report.retention.how IS 'drop (whole months), delete, strip (fields), forget (readers), own (a function of its own) or keep.';
COMMENT ON COLUMN report.retention.fields IS 'Of strip: what is emptied.';
COMMENT ON COLUMN report.retention.by IS 'What enforces it.';
COMMENT ON COLUMN report.retention.oldest IS 'Oldest that is there; of months the begin of the oldest that holds anything; of readers as of the last whole pass (one a day).';
COMMENT ON COLUMN report.retention.limit_at IS 'Nothing may be older; empty: no limit.';
COMMENT ON COLUMN report.retention.late IS 'True when something is, by more than two hours (readers: two days).';
COMMENT ON COLUMN report.retention.gone IS 'Rows that the clerk''s steps have taken so far; of own functions not counted.';
COMMENT ON COLUMN report.retention.run_at IS 'When the clerk looked last.';
COMMENT ON COLUMN report.retention.why IS 'Why for so long.';
