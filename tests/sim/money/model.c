/* tests/sim/money/model.c: what all statements share, their table, and those that are small. */
#include <stdlib.h>
#include <string.h>

#include "model.h"

struct m_db db;
static struct m_db before;
static char why_text[200];

/* --- arguments and answers -------------------------------------------------------------------- */

const char *v_text(const struct m_call *c, int i)
{
	ASSERT(i < c->n);
	return c->v[i] ? sim_copy(c->v[i]) : NULL;
}

int64_t v_int(const struct m_call *c, int i)
{
	ASSERT(i < c->n && c->v[i]);
	return strtoll(c->v[i], NULL, 10);
}

bool v_bool(const struct m_call *c, int i)
{
	ASSERT(i < c->n && c->v[i]);
	return c->v[i][0] == 't';
}

int64_t v_time(const struct m_call *c, int i)
{
	utc_t t;

	ASSERT(i < c->n);
	if (!c->v[i])
		return 0;
	enum err e = clock_parse(str_c(c->v[i]), &t);
	ASSERT(e == OK);
	return t.us;
}

void m_columns(struct m_call *c, const char *names)
{
	c->names = names;
	c->row = -1;
}

/* Columns are named with the first row: most answers have none. */
static void name_columns(struct m_call *c)
{
	PGresAttDesc d[24] = {0};
	char mem[300];
	int n = 0;

	snprintf(mem, sizeof mem, "%s", c->names);
	for (char *p = strtok(mem, " "); p; p = strtok(NULL, " ")) {
		ASSERT(n < 24);
		d[n++] = (PGresAttDesc){.name = p};
	}
	ASSERT(PQsetResultAttrs(c->res, n, d));
}

void m_row(struct m_call *c)
{
	if (++c->row == 0)
		name_columns(c);
	for (int i = 0; i < PQnfields(c->res); i++)
		m_put(c, i, NULL);
}

void m_put(struct m_call *c, int col, const char *text)
{
	char *copy = text ? sim_copy(text) : NULL;

	ASSERT(PQsetvalue(c->res, c->row, col, copy, copy ? (int)strlen(copy) : -1));
}

void m_put_int(struct m_call *c, int col, int64_t n)
{
	m_put(c, col, sim_text("%lld", (long long)n));
}

void m_put_time(struct m_call *c, int col, int64_t us)
{
	BUF_ON(b, 48);
	char t[48];

	if (us == 0) {
		m_put(c, col, NULL);
		return;
	}
	clock_format(&b, (utc_t){us});
	snprintf(t, sizeof t, "%.*s+00", (int)b.n - 1, b.p);
	t[10] = ' ';
	m_put(c, col, t);
}

void m_put_bytes(struct m_call *c, int col, const char *p, size_t n)
{
	char *hex = malloc(2 * n + 3);

	ASSERT(hex);
	memcpy(hex, "\\x", 2);
	str_hex((const uint8_t *)p, n, hex + 2);
	ASSERT(PQsetvalue(c->res, c->row, col, hex, (int)(2 * n + 2)));
	free(hex);
}

void m_raise(struct m_call *c, const char *state, const char *why)
{
	if (c->state)
		return;
	c->state = state;
	snprintf(why_text, sizeof why_text, "%s", why);
}

const char *model_error(void)
{
	return why_text;
}

bool is_eq(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

char *m_uuid(void)
{
	struct uuid u;
	char t[37];

	ASSERT(uuid_new4(&u) == OK);
	uuid_format(&u, t);
	return sim_text("%s", t);
}

int64_t m_pause(int tries, int64_t most_s)
{
	int64_t s = INT64_C(1) << (tries < 20 ? tries : 20);

	return (s < most_s ? s : most_s) * S;
}

/* --- the rest --------------------------------------------------------------------------------- */

static void reader_supporter(struct m_call *c)
{
	int i = 0;

	while (i < db.mark_n && !is_eq(db.mark[i], c->v[0]))
		i++;
	ASSERT(i < PAYMENTS_MAX);
	if (i == db.mark_n)
		db.mark[db.mark_n++] = v_text(c, 0);
	m_columns(c, "reader_supporter");
	m_row(c);
}

static void view_sites(struct m_call *c)
{
	m_columns(c, "host site_id slug currency locale gift_label thanks_path cancel_path origin "
		     "article_key more_locales");
	m_row(c);
	m_put(c, 0, "localhost");
	m_put(c, 1, "1");
	m_put(c, 5, "A gift");
	m_put(c, 6, "/thanks");
	m_put(c, 7, "/support");
	m_put(c, 8, "https://localhost");
	m_put(c, 10, "ru");
}

/* Work of the clerk that is none of money's: there is nothing to do. */
static void nothing(struct m_call *c)
{
	m_columns(c, "n");
	m_row(c);
	m_put(c, 0, "0");
}

static void no_row(struct m_call *c)
{
	m_columns(c, "n");
}

/* The comparison is played on PostgreSQL alone. */
static void not_here(struct m_call *c)
{
	m_columns(c, "n");
}

/* The circuit is not played: everybody may call. */
static void circuit_take(struct m_call *c)
{
	m_columns(c, "n watched");
	m_row(c);
	m_put_int(c, 0, v_int(c, 1));
	m_put(c, 1, "f");
}

static void pledge_hint(struct m_call *c)
{
	m_columns(c, "again");
	m_row(c);
	m_put(c, 0, "f");
}

/* --- the table -------------------------------------------------------------------------------- */

static const struct {
	const char *name;
	void (*fn)(struct m_call *c);
} rows[] = {
	{"pledge_try", m_pledge_try},
	{"pledge_hint", pledge_hint},
	{"pledge_poll", m_pledge_poll},
	{"pledge_by_token", m_pledge_by_token},
	{"attempt_opened", m_attempt_opened},
	{"settle", m_settle},
	{"outbox_claim", m_outbox_claim},
	{"outbox_lease", m_outbox_lease},
	{"outbox_result", m_outbox_result},
	{"inbox_put", m_inbox_put},
	{"inbox_lease", m_inbox_lease},
	{"inbox_end", m_inbox_end},
	{"lockout_may", m_lockout_may},
	{"lockout_look", m_lockout_look},
	{"lockout_note", m_lockout_note},
	{"look_ask", m_look_ask},
	{"look_lease", m_look_lease},
	{"lookup_lease", m_lookup_lease},
	{"payment_look_lease", m_payment_look_lease},
	{"find_lease", m_find_lease},
	{"attempt_found", m_attempt_found},
	{"attempt_next", m_attempt_next},
	{"pledge_again", m_pledge_again},
	{"mail_lease", m_mail_lease},
	{"mail_result", m_mail_result},
	{"reader_supporter", reader_supporter},
	{"view_sites", view_sites},
	{"tally_fold", nothing},
	{"roll_events", nothing},
	{"roll_pledges", nothing},
	{"roll_months", nothing},
	{"roll_experiments", nothing},
	{"roll_fill", nothing},
	{"sample_trim", nothing},
	{"visit_fold", nothing},
	{"retain", nothing},
	{"watch_look", nothing},
	{"partition_ensure", nothing},
	{"link_clean", nothing},
	{"robot_sweep", nothing},
	{"manage_clean", nothing},
	{"mail_renewals", nothing},
	{"mail_summaries", nothing},
	{"remind_due", nothing},
	{"mail_reminder", no_row},
	{"remind_clean", nothing},
	{"circuit_take", circuit_take},
	{"circuit_note", nothing},
	{"clock_back", m_clock_back},
	{"guard_tick", no_row},
	{"robot_claim_lease", no_row},
	{"wish_ask", m_wish_ask},
	{"wish_lease", m_wish_lease},
	{"wish_calls", m_wish_calls},
	{"wish_send", m_wish_send},
	{"wish_put_off", m_wish_put_off},
	{"wish_answered", m_wish_answered},
	{"wish_refused", m_wish_refused},
	{"reconcile_lease", m_reconcile_lease},
	{"reconcile_keep", m_reconcile_keep_row},
	{"reconcile_end", m_reconcile_end},
	{"events_put", m_events_put},
	{"comparison_lease", not_here},
	{"comparison_put", not_here},
	{"comparison_doubt", not_here},
	{"comparison_end", not_here},
	{"comparison_fail", not_here},
};

bool model_is_aside(const char *name)
{
	for (size_t i = 0; i < ARRAY_N(rows); i++)
		if (strcmp(rows[i].name, name) == 0)
			return rows[i].fn == nothing || rows[i].fn == no_row;
	return false;
}

static void sooner(int64_t *due, int64_t a, int64_t b)
{
	int64_t at = a > b ? a : b;

	*due = at < *due ? at : *due;
}

int64_t model_due(void)
{
	int64_t due = INT64_MAX;

	for (int i = 0; i < db.outbox_n; i++)
		if (is_eq(db.outbox[i].state, "open"))
			sooner(&due,
				db.outbox[i].find ? db.outbox[i].find : db.outbox[i].not_before,
				db.outbox[i].lease);
	for (int i = 0; i < db.inbox_n; i++)
		if (is_eq(db.inbox[i].state, "new") || is_eq(db.inbox[i].state, "leased"))
			sooner(&due, db.inbox[i].not_before, db.inbox[i].lease);
	for (int i = 0; i < db.mail_n; i++)
		if (is_eq(db.mail[i].state, "queued"))
			sooner(&due, db.mail[i].not_before, db.mail[i].lease);
	for (int i = 0; i < db.wish_n; i++)
		if (is_eq(db.wish[i].state, "asked"))
			sooner(&due, db.wish[i].not_before, 0);
	sooner(&due, m_look_due(), 0);
	sooner(&due, m_reconcile_due(), 0);
	return due;
}

void model_begin(void)
{
	memset(&db, 0, sizeof db);
}

PGresult *model_run(
	const char *name, int n, const char *const *v, const int *len, const char **ret_state)
{
	size_t i = 0;

	while (i < ARRAY_N(rows) && strcmp(rows[i].name, name) != 0)
		i++;
	if (i == ARRAY_N(rows)) {
		fprintf(stderr, "the model has no statement %s: give it a row in model.c\n", name);
		abort();
	}
	struct m_call c = {
		.n = n, .v = v, .len = len, .res = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK)};
	ASSERT(c.res);
	/* the others raise before they write */
	bool long_one = rows[i].fn == m_settle || rows[i].fn == m_wish_answered;
	if (long_one)
		before = db;
	rows[i].fn(&c);
	if (c.state) {
		if (long_one)
			db = before;
		*ret_state = c.state;
		PQclear(c.res);
		return NULL;
	}
	return c.res;
}
