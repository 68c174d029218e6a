/* tests/sim/money/model_recon.c: the statements of work that one clerk at a time does now and then:
 * the list of events. */
#include <string.h>

#include "model.h"

static struct m_reconcile *work_of(const char *name)
{
	return &db.reconcile[is_eq(name, "compare")];
}

struct m_reconcile *m_reconcile_row(const char *name, int64_t now)
{
	struct m_reconcile *r = work_of(name);

	r->created = r->created ? r->created : now;
	return r;
}

int64_t m_reconcile_at(const struct m_reconcile *r)
{
	int64_t last = r->ended ? r->ended : r->created;

	return r->not_before ? r->not_before : last + r->every;
}

bool m_reconcile_keep(const char *name, const char *holder, int64_t lease, int64_t now)
{
	struct m_reconcile *r = work_of(name);

	if (!is_eq(r->holder, holder))
		return false;
	r->lease = now + lease;
	return true;
}

bool m_reconcile_over(
	const char *name, const char *holder, int64_t cursor, const char *error, int64_t now)
{
	struct m_reconcile *r = work_of(name);

	if (!is_eq(r->holder, holder))
		return false;
	r->holder = NULL;
	r->lease = 0;
	r->tries = error ? r->tries + 1 : 0;
	r->not_before = error ? now + m_pause(r->tries, 3600) : 0;
	if (!error) {
		r->cursor = cursor > r->cursor ? cursor : r->cursor;
		r->ended = now;
	}
	return true;
}

static void say_so(struct m_call *c, const char *column, bool so)
{
	m_columns(c, column);
	m_row(c);
	m_put(c, 0, so ? "t" : "f");
}

void m_reconcile_lease(struct m_call *c)
{
	int64_t now = v_time(c, 5);
	struct m_reconcile *r = m_reconcile_row(v_text(c, 1), now);

	r->every = v_int(c, 3) * S;
	m_columns(c, "cursor_at ended_at");
	if (r->lease > now || m_reconcile_at(r) > now)
		return;
	r->holder = v_text(c, 2);
	r->lease = now + v_int(c, 4) * S;
	m_row(c);
	m_put_time(c, 0, r->cursor);
	m_put_time(c, 1, r->ended);
}

void m_reconcile_keep_row(struct m_call *c)
{
	say_so(c, "kept",
		m_reconcile_keep(v_text(c, 1), v_text(c, 2), v_int(c, 3) * S, v_time(c, 4)));
}

void m_reconcile_end(struct m_call *c)
{
	bool ended = m_reconcile_over(
		v_text(c, 1), v_text(c, 2), v_time(c, 3), v_text(c, 4), v_time(c, 5));

	if (ended)
		check_cursor(db.reconcile[0].cursor);
	say_so(c, "ended", ended);
}

void m_events_put(struct m_call *c)
{
	json_auto_t *all = NULL;
	const char *given = v_text(c, 2);
	int64_t now = v_time(c, 3), n = 0;
	const json_t *e;
	size_t i;
	enum err err = json_read(str_c(given), &all, NULL);

	ASSERT(err == OK);
	json_array_foreach(all, i, e)
	{
		bool live = json_is_true(json_object_get(e, "livemode"));
		const char *kind = live == v_bool(c, 1) ? m_text(e, "kind") : "none";
		if (!m_inbox_keep((struct m_inbox){.key = m_text(e, "id"),
			    .type = m_text(e, "type"),
			    .kind = kind,
			    .object = m_text(e, "object_id"),
			    .live = live,
			    .not_before = now}))
			continue;
		n++;
		if (m_text(e, "fault"))
			db.inbox[db.inbox_n - 1].state = "parked";
	}
	m_columns(c, "n");
	m_row(c);
	m_put_int(c, 0, n);
}

/* model_due: the compare row only once it is asked for */
int64_t m_reconcile_due(void)
{
	int64_t due = INT64_MAX;

	for (size_t i = 0; i < ARRAY_N(db.reconcile); i++) {
		const struct m_reconcile *r = &db.reconcile[i];
		int64_t at = r->created ? m_reconcile_at(r) : INT64_MAX;
		at = at > r->lease ? at : r->lease;
		due = at < due ? at : due;
	}
	return due;
}
