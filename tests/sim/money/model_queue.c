/* tests/sim/money/model_queue.c: the statements of the queues: outbox, inbox, mail. */
#include <string.h>

#include "model.h"

/* --- outbox ----------------------------------------------------------------------------------- */

void m_outbox_give(struct m_call *c, int i, int64_t lease_s, int64_t now)
{
	struct m_outbox *o = &db.outbox[i];

	o->lease = now + lease_s * S;
	o->tries++;
	o->first_sent = o->first_sent ? o->first_sent : now;
	m_row(c);
	m_put_int(c, 0, i + 1);
	m_put(c, 1, o->kind);
	m_put(c, 2, o->subject);
	m_put(c, 3, "stripe");
	m_put(c, 4, o->method);
	m_put(c, 5, o->path);
	m_put(c, 6, o->idem);
	m_put_bytes(c, 7, o->body, o->body_n);
	m_put_int(c, 8, o->tries);
	m_put_time(c, 9, o->first_sent);
}

static bool outbox_is_due(const struct m_outbox *o, int64_t now)
{
	return is_eq(o->state, "open") && o->not_before <= now && o->lease <= now;
}

void m_outbox_claim(struct m_call *c)
{
	int64_t id = v_int(c, 0), now = v_time(c, 2);

	m_columns(c, OUTBOX_ROW);
	if (id >= 1 && id <= db.outbox_n && outbox_is_due(&db.outbox[id - 1], now))
		m_outbox_give(c, (int)id - 1, v_int(c, 1), now);
}

/* kinds: as an array of PostgreSQL's */
static bool is_among(const char *kinds, const char *kind)
{
	struct str rest = str_c(kinds + 1), one;

	rest.n--;
	while (str_cut(&rest, ',', &one))
		if (str_is(one, kind))
			return true;
	return false;
}

int m_outbox_next(const char *kinds, int64_t now)
{
	int best = -1;

	for (int i = 0; i < db.outbox_n; i++)
		if (outbox_is_due(&db.outbox[i], now) && is_among(kinds, db.outbox[i].kind) &&
			(best < 0 || db.outbox[i].not_before < db.outbox[best].not_before))
			best = i;
	return best;
}

void m_outbox_lease(struct m_call *c)
{
	const char *kinds = v_text(c, 0);
	int64_t now = v_time(c, 3), n = v_int(c, 1);

	m_columns(c, OUTBOX_ROW);
	for (int i; n > 0 && (i = m_outbox_next(kinds, now)) >= 0; n--)
		m_outbox_give(c, i, v_int(c, 2), now);
}

void m_outbox_result(struct m_call *c)
{
	static const char *const to[][2] = {{"retry", "open"}, {"unknown", "open"},
		{"lost", "open"}, {"permanent", "failed"}, {"config", "parked"}, {"done", "done"}};
	int64_t id = v_int(c, 0), now = v_time(c, 5);
	const char *outcome = v_text(c, 1), *state = NULL;

	for (size_t i = 0; i < ARRAY_N(to); i++)
		if (is_eq(outcome, to[i][0]))
			state = to[i][1];
	m_columns(c, "outbox_result");
	m_row(c);
	if (!state) {
		m_raise(c, "22023", "unknown outcome");
		return;
	}
	if (id < 1 || id > db.outbox_n)
		return;
	struct m_outbox *o = &db.outbox[id - 1];
	if (!is_eq(o->state, "open")) {
		m_put(c, 0, o->state);
		return;
	}
	o->state = state;
	o->lease = 0;
	o->error = v_text(c, 3);
	bool fresh = is_eq(o->kind, "create") && now < o->first_sent + 15 * MIN;
	int64_t given = v_time(c, 4), pause = m_pause(o->tries, fresh ? 30 : 3600);
	bool lost = is_eq(outcome, "lost");
	o->not_before = lost ? INT64_MAX : given ? given : now + pause;
	o->find = !lost ? 0 : given ? given : now + (pause < 10 * MIN ? pause : 10 * MIN);
	int a = m_attempt_of(o->subject);
	if (a >= 0 && is_eq(o->kind, "create") && is_eq(outcome, "permanent") &&
		db.attempt[a].state == A_creating) {
		m_attempt_move(a, A_failed, now);
		m_derive(db.attempt[a].pledge);
	}
	m_put(c, 0, state);
}

/* --- inbox ------------------------------------------------------------------------------------ */

bool m_inbox_keep(struct m_inbox b)
{
	for (int i = 0; i < db.inbox_n; i++)
		if (is_eq(db.inbox[i].key, b.key))
			return false;
	ASSERT(db.inbox_n < INBOX_MAX);
	b.state = is_eq(b.kind, "none") ? "ignored" : "new";
	db.inbox[db.inbox_n++] = b;
	return true;
}

void m_inbox_put(struct m_call *c)
{
	bool stored = m_inbox_keep((struct m_inbox){.key = v_text(c, 1),
		.type = v_text(c, 2),
		.kind = v_text(c, 3),
		.object = v_text(c, 4),
		.live = v_bool(c, 5),
		.not_before = v_time(c, 9)});

	m_columns(c, "stored");
	m_row(c);
	m_put(c, 0, stored ? "t" : "f");
}

void m_hint(const char *key, const char *kind, const char *object, int64_t now)
{
	(void)m_inbox_keep((struct m_inbox){
		.key = key, .type = "hint", .kind = kind, .object = object, .not_before = now});
}

static bool inbox_is_free(const struct m_inbox *b, int64_t now)
{
	return is_eq(b->state, "new") || (is_eq(b->state, "leased") && b->lease <= now);
}

static bool is_twin(const struct m_inbox *a, const struct m_inbox *b)
{
	return is_eq(a->kind, b->kind) && is_eq(a->object, b->object) && a->live == b->live;
}

static void inbox_give(int i, int lead, int64_t until)
{
	struct m_inbox *b = &db.inbox[i];

	b->state = "leased";
	b->lease = until;
	b->tries++;
	b->lead = lead;
}

/* The n longest due, in their order. */
static int inbox_due(int due[INBOX_MAX], int64_t most, int64_t now)
{
	int n = 0;

	for (int i = 0; i < db.inbox_n; i++) {
		int k = n;
		if (!inbox_is_free(&db.inbox[i], now) || db.inbox[i].not_before > now)
			continue;
		for (; k > 0 && db.inbox[due[k - 1]].not_before > db.inbox[i].not_before; k--)
			due[k] = due[k - 1];
		due[k] = i;
		n++;
	}
	return n < most ? n : (int)most;
}

/* The first of an object leads all that are there of it, due or not. */
void m_inbox_lease(struct m_call *c)
{
	int64_t now = v_time(c, 2), until = now + v_int(c, 1) * S;
	int due[INBOX_MAX], n = inbox_due(due, v_int(c, 0), now);
	bool given[INBOX_MAX] = {false};

	m_columns(c, "inbox provider event_type object_kind object_id livemode tries");
	for (int k = 0; k < n; k++) {
		const struct m_inbox *b = &db.inbox[due[k]];
		if (given[due[k]])
			continue;
		for (int i = 0; i < db.inbox_n; i++)
			if (!given[i] && is_twin(&db.inbox[i], b) &&
				(i == due[k] || inbox_is_free(&db.inbox[i], now))) {
				given[i] = true;
				inbox_give(i, i == due[k] ? 0 : due[k] + 1, until);
			}
		m_row(c);
		m_put_int(c, 0, due[k] + 1);
		m_put(c, 1, "stripe");
		m_put(c, 2, b->type);
		m_put(c, 3, b->kind);
		m_put(c, 4, b->object);
		m_put(c, 5, b->live ? "t" : "f");
		m_put_int(c, 6, b->tries);
	}
}

void m_inbox_done(int64_t id)
{
	for (int i = 0; i < db.inbox_n; i++) {
		struct m_inbox *b = &db.inbox[i];
		if ((i + 1 == id && !is_eq(b->state, "done")) || b->lead == id) {
			b->state = "done";
			b->lease = 0;
			b->lead = 0;
			b->error = NULL;
		}
	}
}

static void inbox_over(
	struct m_inbox *b, const char *state, const char *error, int64_t at, int64_t now)
{
	bool held = is_eq(state, "held");

	b->state = held ? "new" : state;
	b->lease = 0;
	b->lead = 0;
	b->error = error;
	b->tries -= held && b->tries > 0;
	b->not_before = at ? at : held ? now + 2 * S : now + m_pause(b->tries, 3600);
}

void m_inbox_end(struct m_call *c)
{
	int64_t id = v_int(c, 0);

	m_columns(c, "inbox_end");
	m_row(c);
	for (int i = 0; id >= 1 && i < db.inbox_n; i++) {
		struct m_inbox *b = &db.inbox[i];
		bool ended = is_eq(b->state, "done") || is_eq(b->state, "ignored");
		if ((i + 1 == id && !ended) || b->lead == id)
			inbox_over(b, v_text(c, 1), v_text(c, 2), v_time(c, 3), v_time(c, 4));
	}
	if (id >= 1 && id <= db.inbox_n)
		m_put(c, 0, db.inbox[id - 1].state);
}

/* --- mail ----------------------------------------------------------------- */

void m_mail_lease(struct m_call *c)
{
	int64_t n = v_int(c, 0), lease_s = v_int(c, 1), now = v_time(c, 2);

	m_columns(c, "mail kind recipient locale subject_line body stop_url");
	for (int i = 0; i < db.mail_n && n > 0; i++) {
		struct m_mail *m = &db.mail[i];
		if (!is_eq(m->state, "queued") || m->not_before > now || m->lease > now)
			continue;
		n--;
		m->lease = now + lease_s * S;
		m->tries++;
		m_row(c);
		m_put_int(c, 0, i + 1);
		m_put(c, 1, "receipt");
		m_put(c, 2, m->to);
		m_put(c, 3, m->locale);
		m_put(c, 4, m->line);
		m_put(c, 5, m->body);
	}
}

void m_mail_result(struct m_call *c)
{
	int64_t id = v_int(c, 0), now = v_time(c, 3);
	const char *result = v_text(c, 1);

	m_columns(c, "mail_result");
	m_row(c);
	if (id < 1 || id > db.mail_n)
		return;
	struct m_mail *m = &db.mail[id - 1];
	if (is_eq(m->state, "queued")) {
		int64_t s = INT64_C(30) << (m->tries < 16 ? m->tries : 16);
		m->state = is_eq(result, "retry") ? "queued" : result;
		m->lease = 0;
		m->not_before = now + (s < 21600 ? s : 21600) * S;
	}
	m_put(c, 0, m->state);
}
