/* store/batch.c: batches: what waits is gathered, sorted, sent as one statement, and answered when
 * it is committed. */
#include <stdlib.h>
#include <string.h>

#include "base/crash.h"
#include "base/metric.h"
#include "store/batch_own.h"

#define CAREFUL_MS 1000
#define BUSY_MS    10
#define BUSY_TRIES 200 /* two seconds and more: whoever waits gives up before */
#define APART_MS   1000
#define NO_VERSION INT32_MAX /* of no row: a mark against it is never written */

void batch_queue_init(struct batch_queue *q)
{
	q->first = NULL;
	q->last = &q->first;
	q->n = 0;
}

static void queue_put(struct batch_queue *q, struct batch_op *op)
{
	op->next = NULL;
	*q->last = op;
	q->last = &op->next;
	q->n++;
}

/* All of `more` behind those of q. */
static void queue_join(struct batch_queue *q, struct batch_queue *more)
{
	if (!more->first)
		return;
	*q->last = more->first;
	q->last = more->last;
	q->n += more->n;
	batch_queue_init(more);
}

/* All of `more` before those of q. */
static void queue_precede(struct batch_queue *q, struct batch_queue *more)
{
	queue_join(more, q);
	queue_join(q, more);
}

struct batch_op *batch_queue_take(struct batch_queue *q)
{
	struct batch_op *op = q->first;
	if (op) {
		q->first = op->next;
		if (!q->first)
			q->last = &q->first;
		q->n--;
	}
	return op;
}

void batch_finish(struct batch_op *op, enum err e)
{
	op->err = e;
	op->done(op);
}

void batch_add(struct batch *b, struct batch_op *op)
{
	op->err = OK;
	op->marked = false;
	op->busy = 0;
	memset(&op->state, 0, sizeof op->state);
	if (b->state < IDLE) {
		batch_finish(op, ERR_STORE_DOWN);
		return;
	}
	op->order = b->order++;
	queue_put(&b->queue, op);
	CRASH_POINT("m.counted");
}

enum err batch_tally(struct batch *b, struct str json, int64_t worker, int64_t seq)
{
	if (b->tally)
		return ERR_STATE;
	if (json.n >= b->tally_cap) {
		char *mem = realloc(b->tally_mem, json.n + 1);
		if (!mem)
			return ERR_NO_MEMORY;
		b->tally_mem = mem;
		b->tally_cap = json.n + 1;
	}
	b->tally = b->tally_mem;
	memcpy(b->tally, json.p, json.n);
	b->tally[json.n] = '\0';
	b->tally_worker = worker;
	b->tally_seq = seq;
	return OK;
}

bool batch_has_tally(const struct batch *b)
{
	return b->tally != NULL;
}

static int by_reader(const void *x, const void *y)
{
	const struct batch_op *a = *(struct batch_op *const *)x, *b = *(struct batch_op *const *)y;
	int c = memcmp(a->reader.b, b->reader.b, 16);
	return c != 0 ? c : (int32_t)(a->order - b->order) < 0 ? -1 : 1;
}

/* Whether it must not depend on another's mark: a mark, or a wall's note, which holds in any case.
 */
static bool is_lone(const struct batch_op *op)
{
	return op->has_mark || (op->seen_n > 0 && reader_seen_is_walled(op->seen[op->seen_n - 1]));
}

/* Take ops from the queue and order them by reader; a reader's second mark waits for the next
 * batch, because it must see the first. */
static void gather(struct batch *b)
{
	struct batch_op *taken[BATCH_OPS_MAX];
	size_t n = 0;
	while (n < BATCH_OPS_MAX && n < b->limit && b->queue.first) {
		struct batch_op *op = batch_queue_take(&b->queue);
		if (op->abandoned && op->has_mark && op->version >= 0)
			batch_finish(op, ERR_TIMEOUT);
		else
			taken[n++] = op;
	}
	qsort(taken, n, sizeof(void *), by_reader);
	struct batch_queue later;
	batch_queue_init(&later);
	b->fly_n = b->group_n = 0;
	bool marked = false;
	for (size_t i = 0; i < n; i++) {
		bool same = b->fly_n > 0 &&
			    memcmp(b->fly[b->fly_n - 1]->reader.b, taken[i]->reader.b, 16) == 0;
		marked = same && marked;
		if (marked && is_lone(taken[i])) {
			queue_put(&later, taken[i]);
			continue;
		}
		marked |= is_lone(taken[i]);
		if (!same)
			b->group[b->group_n++] =
				(struct batch_group){.id = taken[i]->reader, .from = b->fly_n};
		b->group[b->group_n - 1].n++;
		b->fly[b->fly_n++] = taken[i];
	}
	queue_precede(&b->queue, &later);
}

bool batch_tally_is_due(const struct batch *b, mono_t now)
{
	return b->tally && now.us >= b->tally_at.us;
}

void batch_send(struct batch *b, mono_t now)
{
	bool tally = batch_tally_is_due(b, now);
	if (tally && b->tally_apart)
		b->fly_n = b->group_n = 0;
	else
		gather(b);
	struct batch_rest rest = {.now = clock_utc(),
		.counts = tally ? b->tally : NULL,
		.worker = b->tally_worker,
		.seq = b->tally_seq,
		.careful = now.us < b->careful_until.us};
	enum err e = batch_wire_build(&b->wire, b->fly, b->group, b->group_n, &rest);
	int ok = e == OK;
	if (ok && b->prepared)
		ok = PQsendQueryPrepared(b->conn, "view_batch", BATCH_PARAMS, b->wire.value,
			b->wire.len, b->wire.format, 1);
	else if (ok)
		ok = PQsendQueryParams(b->conn, STMT_TEXT[STMT_view_batch].sql, BATCH_PARAMS, NULL,
			b->wire.value, b->wire.len, b->wire.format, 1);
	if (!ok) {
		batch_down(b, now);
		return;
	}
	b->tally_flying = tally;
	b->last_n = b->fly_n;
	batch_sent(b, FLYING, now);
}

static void answer_op(struct batch_op *op, const struct reader *state)
{
	op->state = *state;
	op->marked = op->has_mark && state->stored && reader_has_mark(state->marks, op->mark);
	batch_finish(op, OK);
}

static struct batch_group *group_of(struct batch *b, const struct uuid *id)
{
	size_t lo = 0, hi = b->group_n;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		int c = memcmp(b->group[mid].id.b, id->b, 16);
		if (c == 0)
			return &b->group[mid];
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

/* Its row is locked, mostly by another worker with a view of the same reader, so not for long: soon
 * again, while somebody waits for it. */
static void put_off(struct batch *b, struct batch_op *op, mono_t now)
{
	if (op->abandoned || ++op->busy > BUSY_TRIES || b->state < IDLE) {
		batch_finish(op, b->state < IDLE ? ERR_STORE_DOWN : ERR_STORE_BUSY);
		return;
	}
	if (!b->busy.first)
		b->busy_at = mono_add(now, dur_ms(BUSY_MS));
	queue_put(&b->busy, op);
}

/* The reader was joined to another: nothing was stored, so the same is sent for that one. A mark
 * that was decided from a state must see the other's state first. */
static void follow(struct batch *b, struct batch_op *op, const struct reader *moved)
{
	ASSERT(moved->seen.n == sizeof op->reader.b);
	if (++op->busy > BUSY_TRIES || b->state < IDLE) {
		batch_finish(op, b->state < IDLE ? ERR_STORE_DOWN : ERR_STORE_BUSY);
		return;
	}
	memcpy(op->reader.b, moved->seen.p, sizeof op->reader.b);
	if (op->version >= 0)
		op->version = NO_VERSION;
	op->order = b->order++;
	queue_put(&b->queue, op);
}

void batch_again(struct batch *b, mono_t now)
{
	if (!b->busy.first || now.us < b->busy_at.us)
		return;
	queue_join(&b->queue, &b->busy);
}

static void answer_group(struct batch *b, const struct batch_group *g, mono_t now)
{
	bool forgot = false;
	for (size_t i = g->from; i < g->from + g->n; i++)
		forgot |= b->landed[i]->forget != FORGET_NOTHING;
	for (size_t i = g->from; i < g->from + g->n; i++) /* an op may be gone after its answer */
		if (forgot && b->landed[i]->has_mark)
			batch_finish(b->landed[i], ERR_TIMEOUT); /* nor is it tried again */
		else if (g->state.version == BATCH_ROW_MOVED)
			follow(b, b->landed[i], &g->state);
		else if (g->state.version == BATCH_ROW_LOCKED)
			put_off(b, b->landed[i], now);
		else
			answer_op(b->landed[i], &g->state);
}

/* The groups' states from the rows. False when some row is not of the form that was agreed. */
static bool read_rows(struct batch *b, const PGresult *res)
{
	for (size_t i = 0; i < b->group_n; i++)
		b->group[i].state = (struct reader){.id = b->group[i].id};
	for (int row = 0; row < PQntuples(res); row++) {
		struct reader r;
		bool is_reader;
		if (batch_wire_row(res, row, &r, &is_reader, &b->epoch) != OK)
			return false;
		if (!is_reader)
			continue;
		struct batch_group *g = group_of(b, &r.id);
		if (!g || g->state.stored ||
			(r.version == BATCH_ROW_MOVED && r.seen.n != sizeof r.id.b))
			return false;
		g->state = r;
	}
	return true;
}

static void forget_tally(struct batch *b)
{
	b->tally = NULL;
	b->tally_flying = b->tally_apart = false;
	b->tally_at = (mono_t){0};
}

/* Committed: what waits is sent, then everyone is told while PostgreSQL works on it. The result
 * outlives the calls, since states point into it. What is answered in another form was made by
 * another schema: nobody can be told anything of it. */
void batch_landed(struct batch *b, mono_t now)
{
	PGresult *res = b->res;
	CRASH_POINT("m.flushed");
	b->res = NULL;
	b->state = IDLE;
	b->limit = b->limit * 2 < BATCH_OPS_MAX ? b->limit * 2 : BATCH_OPS_MAX;
	if (b->tally_flying)
		forget_tally(b);
	bool fine = read_rows(b, res);
	size_t n = b->fly_n, group_n = b->group_n;
	memcpy(b->landed, b->fly, n * sizeof(void *));
	memcpy(b->landed_group, b->group, group_n * sizeof b->group[0]);
	b->fly_n = b->group_n = 0;
	if (fine) {
		b->last_ok = now;
		hosts_rewind(b->hosts);
		if (group_n > 0) {
			metric_observe_n(METRIC_BATCH_READERS, 0, group_n);
			metric_observe(METRIC_BATCH_COMMIT, 0, (dur_t){now.us - b->since.us});
		}
		batch_next(b, now, false);
		for (size_t i = 0; i < group_n; i++)
			answer_group(b, &b->landed_group[i], now);
	} else {
		b->stats.malformed++;
		fault_set(&b->trouble, ERR_STORE, NULL,
			"view_batch: a row of another form; do schema and program fit?");
		for (size_t i = 0; i < n; i++)
			batch_finish(b->landed[i], ERR_STORE);
	}
	PQclear(res);
}

static bool is_input_error(const PGresult *res)
{
	const char *state = PQresultErrorField(res, PG_DIAG_SQLSTATE);
	return state && (strncmp(state, "22", 2) == 0 || strncmp(state, "23", 2) == 0);
}

/* Back to the queue, before those who came meanwhile. */
static void fly_again(struct batch *b, size_t n)
{
	struct batch_queue again;
	batch_queue_init(&again);
	for (size_t i = 0; i < n; i++)
		queue_put(&again, b->fly[i]);
	queue_precede(&b->queue, &again);
}

/* Is the tally the reason? It is asked alone, so that no reader has to answer for it. */
static void suspect_tally(struct batch *b, size_t n, bool input, const struct fault *f, mono_t now)
{
	b->tally_apart = true;
	if (n > 0) {
		fly_again(b, n);
	} else if (input) {
		b->stats.dropped++;
		metric_add(METRIC_TALLY_DROPPED, 0, 1);
		b->trouble = *f;
		forget_tally(b);
	} else {
		b->tally_at = mono_add(now, dur_ms(APART_MS));
	}
}

/* Refused. Somebody else holds a row: look before each lock for a while, so that this one reader
 * alone has to wait. Anything else: try again without the tally, then in halves, until the reason
 * stands alone. */
void batch_refused(struct batch *b, mono_t now)
{
	struct fault f;
	enum err e = pq_fault(&f, b->conn, b->res, "view_batch");
	bool input = is_input_error(b->res), tally = b->tally_flying;
	PQclear(b->res);
	b->res = NULL;
	b->state = IDLE;
	b->tally_flying = false;
	metric_add(METRIC_BATCH_RETRIES, 0, 1);
	size_t n = b->fly_n;
	b->fly_n = 0;
	if (tally && e == ERR_STORE) {
		suspect_tally(b, n, input, &f, now);
		return;
	}
	if (n <= 1) {
		if (n == 1 && e == ERR_STORE_BUSY)
			put_off(b, b->fly[0], now);
		else if (n == 1)
			batch_finish(b->fly[0], e);
		return;
	}
	if (e == ERR_STORE_BUSY && now.us >= b->careful_until.us)
		b->careful_until = mono_add(now, dur_ms(CAREFUL_MS));
	else
		b->limit = n / 2;
	fly_again(b, n);
}
