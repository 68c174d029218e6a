/* tests/sim/money/books.c: with --pg the books of PostgreSQL, read into the model's arrays, so that
 * one check (check.c) holds for both. */
#include <stdlib.h>
#include <string.h>

#include "model.h"

static PGconn *owner;
static char *invariants;

/* --- the books of PostgreSQL, as the model has them ------------------------------------------ */

static PGresult *query(const char *sql)
{
	PGresult *r = PQexec(owner, sql);

	if (PQresultStatus(r) != PGRES_TUPLES_OK && PQresultStatus(r) != PGRES_COMMAND_OK) {
		fprintf(stderr, "%s: %s\n", sql, PQerrorMessage(owner));
		exit(2);
	}
	return r;
}

static const char *cell(const PGresult *r, int row, int col)
{
	return PQgetisnull(r, row, col) ? NULL : sim_text("%s", PQgetvalue(r, row, col));
}

static int64_t cell_int(const PGresult *r, int row, int col)
{
	return strtoll(PQgetvalue(r, row, col), NULL, 10);
}

static bool cell_on(const PGresult *r, int row, int col)
{
	return PQgetvalue(r, row, col)[0] == 't';
}

static int index_of(const PGresult *ids, const char *id)
{
	for (int i = 0; i < PQntuples(ids); i++)
		if (is_eq(PQgetvalue(ids, i, 0), id))
			return i;
	return -1;
}

static void read_pledges(void)
{
	PGresult *p = query(
		"SELECT pledge_id, public_token, key, \"interval\", email, reader_id, amount, "
		"currency, livemode, over_paid, mismatch, status FROM pledged.pledge "
		"ORDER BY created_at, pledge_id");
	PGresult *a = query("SELECT pledge_id, attempt_id, idem_key, object_id, state, no FROM "
			    "pledged.attempt ORDER BY created_at, attempt_id");

	db.pledge_n = PQntuples(p);
	for (int i = 0; i < db.pledge_n && i < PLEDGES_MAX; i++) {
		db.pledge[i] = (struct m_pledge){.id = cell(p, i, 0),
			.token = cell(p, i, 1),
			.key = cell(p, i, 2),
			.interval = cell(p, i, 3),
			.email = cell(p, i, 4),
			.reader = cell(p, i, 5),
			.amount = cell_int(p, i, 6),
			.cur = cell(p, i, 7),
			.live = cell_on(p, i, 8),
			.over_paid = cell_on(p, i, 9),
			.mismatch = cell_on(p, i, 10)};
		enum err e = pledge_status_parse(str_c(cell(p, i, 11)), &db.pledge[i].status);
		ASSERT(e == OK);
	}
	db.attempt_n = PQntuples(a);
	for (int i = 0; i < db.attempt_n && i < ATTEMPTS_MAX; i++) {
		db.attempt[i] = (struct m_attempt){.id = cell(a, i, 1),
			.idem = cell(a, i, 2),
			.object = cell(a, i, 3),
			.pledge = index_of(p, cell(a, i, 0)),
			.no = (int)cell_int(a, i, 5)};
		while (!is_eq(M_ATTEMPT[db.attempt[i].state], PQgetvalue(a, i, 4)))
			db.attempt[i].state++;
	}
	PQclear(a);
	a = query("SELECT entry, amount, object, object_id, was, became, account, currency, "
		  "pledge_id "
		  "FROM pledged.ledger ORDER BY ledger_id");
	db.ledger_n = PQntuples(a) < LEDGER_MAX ? PQntuples(a) : LEDGER_MAX;
	for (int i = 0; i < db.ledger_n; i++)
		db.ledger[i] = (struct m_ledger){.entry = cell_int(a, i, 0),
			.amount = cell_int(a, i, 1),
			.object = cell(a, i, 2),
			.id = cell(a, i, 3),
			.was = cell(a, i, 4),
			.became = cell(a, i, 5),
			.account = cell(a, i, 6),
			.cur = cell(a, i, 7),
			.pledge = index_of(p, cell(a, i, 8))};
	PQclear(a);
	a = query("SELECT pledge_id, payment_id, provider_payment_id, intent, currency, state, "
		  "mismatch, amount FROM pledged.payment ORDER BY created_at, payment_id");
	db.payment_n = PQntuples(a);
	for (int i = 0; i < db.payment_n && i < PAYMENTS_MAX; i++)
		db.payment[i] = (struct m_payment){.id = cell(a, i, 1),
			.pid = cell(a, i, 2),
			.intent = cell(a, i, 3),
			.cur = cell(a, i, 4),
			.state = cell(a, i, 5),
			.mismatch = cell(a, i, 6),
			.amount = cell_int(a, i, 7),
			.pledge = index_of(p, cell(a, i, 0))};
	PQclear(a);
	PQclear(p);
}

static int row_of(const char *id, bool recurring)
{
	for (int i = 0; i < (recurring ? db.recurring_n : db.payment_n); i++)
		if (is_eq(recurring ? db.recurring[i].id : db.payment[i].id, id))
			return i;
	return -1;
}

static int pledge_of(const char *id)
{
	for (int i = 0; i < db.pledge_n; i++)
		if (is_eq(db.pledge[i].id, id))
			return i;
	return -1;
}

static void read_recurring(void)
{
	PGresult *r = query("SELECT pledge_id, recurring_id, provider_recurring_id, state, item, "
			    "(extract(epoch FROM ends_at) * 1000000)::bigint, "
			    "(extract(epoch FROM paused_until) * 1000000)::bigint, amount "
			    "FROM pledged.recurring ORDER BY created_at, recurring_id");

	db.recurring_n = PQntuples(r);
	for (int i = 0; i < db.recurring_n && i < PLEDGES_MAX; i++)
		db.recurring[i] = (struct m_recurring){.pledge = pledge_of(cell(r, i, 0)),
			.id = cell(r, i, 1),
			.pid = cell(r, i, 2),
			.state = cell(r, i, 3),
			.item = cell(r, i, 4),
			.ends = cell_int(r, i, 5),
			.paused = cell_int(r, i, 6),
			.amount = cell_int(r, i, 7)};
	PQclear(r);
}

static void read_wishes(void)
{
	PGresult *r = query("SELECT pledge_id, wish_id, kind, state, payment_id, recurring_id, "
			    "attempt_id, amount, currency FROM pledged.wish "
			    "ORDER BY created_at, wish_id");

	db.wish_n = PQntuples(r);
	for (int i = 0; i < db.wish_n && i < WISHES_MAX; i++)
		db.wish[i] = (struct m_wish){.pledge = pledge_of(cell(r, i, 0)),
			.id = cell(r, i, 1),
			.kind = cell(r, i, 2),
			.state = cell(r, i, 3),
			.payment = row_of(cell(r, i, 4), false),
			.recurring = row_of(cell(r, i, 5), true),
			.attempt = m_attempt_of(cell(r, i, 6)),
			.amount = cell_int(r, i, 7),
			.cur = cell(r, i, 8)};
	PQclear(r);
	r = query("SELECT refund_id, provider_refund_id, state, payment_id, amount FROM "
		  "pledged.refund ORDER BY created_at, refund_id");
	db.refund_n = PQntuples(r);
	for (int i = 0; i < db.refund_n && i < CLAIMS_MAX; i++)
		db.refund[i] = (struct m_claim){.id = cell(r, i, 0),
			.pid = cell(r, i, 1),
			.state = cell(r, i, 2),
			.payment = row_of(cell(r, i, 3), false),
			.amount = cell_int(r, i, 4)};
	PQclear(r);
}

static void read_warnings(void)
{
	PGresult *r = query("SELECT provider_warning_id, actionable FROM pledged.fraud_warning");

	db.warning_n = PQntuples(r);
	for (int i = 0; i < db.warning_n && i < PAYMENTS_MAX; i++)
		db.warning[i] =
			(struct m_aside){.pid = cell(r, i, 0), .actionable = cell_on(r, i, 1)};
	PQclear(r);
}

/* What the daily comparison found, and what was not healed since. */
static void ask_comparison(void)
{
	PGresult *r =
		query("SELECT object, provider_id, what, ours, theirs FROM pledged.difference "
		      "WHERE resolved_at IS NULL UNION ALL SELECT 'orphan', provider_id, "
		      "object, '', '' FROM pledged.orphan WHERE resolved_at IS NULL");

	if (PQntuples(r) > 0)
		broken("books", "%s %s: %s, ours %s, theirs %s", PQgetvalue(r, 0, 0),
			PQgetvalue(r, 0, 1), PQgetvalue(r, 0, 2), PQgetvalue(r, 0, 3),
			PQgetvalue(r, 0, 4));
	PQclear(r);
	r = query("SELECT count(*) FROM pledged.comparison WHERE state = 'done'");
	say("%s comparisons", PQgetvalue(r, 0, 0));
	if (cell_int(r, 0, 0) == 0)
		broken("books", "they were never compared");
	PQclear(r);
}

static void read_queues(void)
{
	PGresult *r = query("SELECT kind, subject, idem_key, state, error FROM pledged.outbox "
			    "ORDER BY outbox_id");
	db.outbox_n = PQntuples(r) < OUTBOX_MAX ? PQntuples(r) : OUTBOX_MAX;
	for (int i = 0; i < db.outbox_n; i++)
		db.outbox[i] = (struct m_outbox){.kind = cell(r, i, 0),
			.subject = cell(r, i, 1),
			.idem = cell(r, i, 2),
			.state = cell(r, i, 3),
			.error = cell(r, i, 4)};
	PQclear(r);
	r = query("SELECT dedup_key, event_type, object_id, state, error FROM pledged.inbox "
		  "ORDER BY inbox_id");
	db.inbox_n = PQntuples(r) < INBOX_MAX ? PQntuples(r) : INBOX_MAX;
	for (int i = 0; i < db.inbox_n; i++)
		db.inbox[i] = (struct m_inbox){.key = cell(r, i, 0),
			.type = cell(r, i, 1),
			.object = cell(r, i, 2),
			.state = cell(r, i, 3),
			.error = cell(r, i, 4)};
	PQclear(r);
	r = query(
		"SELECT mail_id, subject, recipient, state FROM pledged.mail_out ORDER BY mail_id");
	db.mail_n = PQntuples(r) < MAILS_MAX ? PQntuples(r) : MAILS_MAX;
	for (int i = 0; i < db.mail_n; i++)
		db.mail[i] = (struct m_mail){.id = cell_int(r, i, 0),
			.subject = cell(r, i, 1),
			.to = cell(r, i, 2),
			.state = cell(r, i, 3)};
	PQclear(r);
	r = query("SELECT reader_id FROM pledged.reader WHERE gave_at IS NOT NULL");
	db.mark_n = PQntuples(r) < PAYMENTS_MAX ? PQntuples(r) : PAYMENTS_MAX;
	for (int i = 0; i < db.mark_n; i++)
		db.mark[i] = cell(r, i, 0);
	PQclear(r);
}

void check_open(const char *conninfo)
{
	FILE *f = fopen("sql/invariants.sql", "r");
	size_t n = 0;

	owner = libpq_owner(sim_text("%s user=postgres", conninfo));
	if (!owner || !f || getdelim(&invariants, &n, '\0', f) < 0) {
		fprintf(stderr, "no database, or no sql/invariants.sql here\n");
		exit(2);
	}
	fclose(f);
}

/* Without triggers, for the ledger lets nobody delete. The circuit goes by the database's own clock,
 * which no history moves: it stays closed, as the model has it. */
static void empty(void)
{
	static const char *const tables[] = {"ledger", "mail_out", "outbox", "inbox", "wish", "fee",
		"fraud_warning", "recurring", "dispute", "refund", "payment", "attempt", "pledge",
		"reader", "lockout", "reconcile", "comparison", "theirs", "difference", "orphan",
		"guard_event"};

	PQclear(query("BEGIN; SET LOCAL session_replication_role = replica"));
	for (size_t i = 0; i < ARRAY_N(tables); i++)
		PQclear(query(sim_text("DELETE FROM pledged.%s", tables[i])));
	PQclear(query("DELETE FROM pledged.circuit"));
	PQclear(query("INSERT INTO pledged.circuit (provider, most) VALUES ('stripe', 1000)"));
	PQclear(query("UPDATE pledged.clerk_clock SET seen_at = NULL"));
	PQclear(query("COMMIT"));
}

void check_begin(void)
{
	model_begin();
	if (g.pg)
		empty();
}

int64_t check_due(void)
{
	if (!g.pg)
		return model_due();
	PGresult *r =
		query("SELECT (extract(epoch FROM least(timestamptz '2100-01-01', "
		      "(SELECT min(greatest(least(not_before, find_at), lease_until)) FROM "
		      "pledged.outbox "
		      "WHERE state = 'open'), "
		      "(SELECT min(greatest(not_before, lease_until)) FROM pledged.inbox "
		      "WHERE state IN ('new', 'leased')), "
		      "(SELECT min(coalesce(not_before, created_at)) FROM pledged.wish "
		      "WHERE state = 'asked'), "
		      "(SELECT min(greatest(lease_until, coalesce(not_before, coalesce(ended_at, "
		      "created_at) + CASE work WHEN 'events' THEN interval '12 hours' ELSE "
		      "interval '1 day' END))) FROM pledged.reconcile), "
		      "(SELECT min(greatest(not_before, lease_until)) FROM pledged.mail_out "
		      "WHERE state = 'queued'), "
		      "(SELECT min(look_asked_at) FROM pledged.attempt "
		      "WHERE coalesce(looked_at < look_asked_at, true) AND object_id IS NOT NULL), "
		      "(SELECT min(least(coalesce(next_look_at, CASE state WHEN 'open' "
		      "THEN opened_at + interval '5 min' ELSE state_at + interval '1 min' END), "
		      "CASE WHEN state = 'open' AND coalesce(looked_at < expires_at, true) "
		      "THEN expires_at END)) FROM pledged.attempt "
		      "WHERE object_id IS NOT NULL AND state IN ('open', 'processing')), "
		      "(SELECT min(next_look_at + CASE looks WHEN 0 THEN interval '1 min' ELSE "
		      "interval '0' END) FROM pledged.payment WHERE state = 'paid')"
		      ")) * 1000000)::bigint");
	int64_t due = PQgetisnull(r, 0, 0) ? INT64_MAX : cell_int(r, 0, 0);
	PQclear(r);
	return due;
}

bool check_page(const char *url)
{
	bool known = false;

	if (g.pg) {
		PGresult *r = query(sim_text("SELECT FROM pledged.attempt WHERE url = '%s'", url));
		known = PQntuples(r) == 1;
		PQclear(r);
	}
	for (int i = 0; i < db.attempt_n && !g.pg; i++)
		known = known || is_eq(db.attempt[i].url, url);
	return known;
}

/* --- and the rest of what is asked of them --------------------------------------------------- */

static void ask_invariants(void)
{
	PGresult *r = query(invariants);

	if (PQntuples(r) > 0)
		broken("invariant", "%s: %s", PQgetvalue(r, 0, 0), PQgetvalue(r, 0, 1));
	PQclear(r);
}

void books_read(void)
{
	model_begin();
	read_pledges();
	read_recurring();
	read_wishes();
	read_warnings();
	read_queues();
	ask_invariants();
	ask_comparison();
}

void books_look(void)
{
	if (!g.pg)
		return;
	model_begin();
	read_pledges();
	read_recurring();
}
