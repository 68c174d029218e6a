/* store/batch.c: the life of one connection and of the batches that go over it.
 *   down -> connecting -> preparing -> idle -> flying | asking -> idle ...      any trouble with the connection: -> down */
#include <stdlib.h>
#include <string.h>

#include "store/batch_wire.h"

#define RETRY_MS 200	/* between two tries to connect */
#define CONNECT_MS 3000
#define STALL_MS 3000	/* a connection that is silent for so long is given up */

enum state { DOWN, CONNECTING, PREPARING, IDLE, FLYING, ASKING };

struct queue { struct batch_op *first, **last; };

struct batch {
	char *conninfo;
	bool prepared;
	PGconn *conn;
	enum state state;
	unsigned want, generation;
	mono_t since, retry_at, last_ok;
	struct queue queue;
	struct batch_op *fly[BATCH_OPS_MAX];
	struct batch_group group[BATCH_OPS_MAX];
	size_t fly_n, group_n, limit;	/* limit: readers in one batch; halved when a batch is refused, so that one bad reader is found */
	struct batch_wire wire;
	PGresult *res;
	char *tally;
	int64_t tally_worker, tally_seq;
	bool tally_flying;
	bool ask_waiting;
	enum stmt ask;
	struct store_args ask_args;
	batch_then *then;
	void *then_arg;
	int64_t epoch;
	uint32_t order;
	struct batch_stats stats;
};

static void queue_init(struct queue *q)
{
	q->first = NULL;
	q->last = &q->first;
}

static void queue_put(struct queue *q, struct batch_op *op)
{
	op->next = NULL;
	*q->last = op;
	q->last = &op->next;
}

static struct batch_op *queue_take(struct queue *q)
{
	struct batch_op *op = q->first;
	if (op) {
		q->first = op->next;
		if (!q->first)
			q->last = &q->first;
	}
	return op;
}

enum err batch_open(const struct conf *c, struct batch **ret, struct fault *f)
{
	struct batch *b = calloc(1, sizeof *b);
	if (!b)
		return fault_set(f, ERR_NO_MEMORY, NULL, "batch");
	b->conninfo = pq_conninfo(c, "pledged_view", f);
	if (!b->conninfo) {
		free(b);
		return ERR_CONF;
	}
	b->prepared = conf_on(c, CONF_database_prepared);
	b->limit = BATCH_OPS_MAX;
	queue_init(&b->queue);
	*ret = b;
	return OK;
}

static void finish(struct batch_op *op, enum err e)
{
	op->err = e;
	op->done(op);
}

/* The connection is gone: everyone who waits is told, and opens the page. */
static void go_down(struct batch *b, mono_t now)
{
	PQclear(b->res);
	b->res = NULL;
	PQfinish(b->conn);
	b->conn = NULL;
	b->state = DOWN;
	b->want = 0;
	b->generation++;
	b->retry_at = mono_add(now, dur_ms(RETRY_MS));
	b->tally_flying = false;
	size_t n = b->fly_n;
	b->fly_n = 0;
	for (size_t i = 0; i < n; i++)
		finish(b->fly[i], ERR_STORE_DOWN);
	for (struct batch_op *op; (op = queue_take(&b->queue));)
		finish(op, ERR_STORE_DOWN);
	if (b->ask_waiting) {
		b->ask_waiting = false;
		b->then(b->then_arg, ERR_STORE_DOWN, NULL);
	}
}

void batch_close(struct batch *b)
{
	if (!b)
		return;
	go_down(b, (mono_t){ 0 });
	batch_wire_fini(&b->wire);
	free(b->tally);
	free(b->conninfo);
	free(b);
}

int batch_fd(const struct batch *b) { return b->conn ? PQsocket(b->conn) : -1; }
unsigned batch_want(const struct batch *b) { return b->want; }
unsigned batch_generation(const struct batch *b) { return b->generation; }
bool batch_is_up(const struct batch *b) { return b->state >= IDLE; }
bool batch_is_idle(const struct batch *b) { return b->state <= IDLE && !b->queue.first && !b->tally; }
int64_t batch_epoch(const struct batch *b) { return b->epoch; }
mono_t batch_last_ok(const struct batch *b) { return b->last_ok; }
struct batch_stats batch_stats(const struct batch *b) { return b->stats; }

void batch_add(struct batch *b, struct batch_op *op)
{
	op->err = OK;
	op->marked = false;
	memset(&op->state, 0, sizeof op->state);
	if (b->state < IDLE) {
		finish(op, ERR_STORE_DOWN);
		return;
	}
	op->order = b->order++;
	queue_put(&b->queue, op);
}

enum err batch_tally(struct batch *b, struct str json, int64_t worker, int64_t seq)
{
	if (b->tally)
		return ERR_STATE;
	b->tally = malloc(json.n + 1);
	if (!b->tally)
		return ERR_NO_MEMORY;
	memcpy(b->tally, json.p, json.n);
	b->tally[json.n] = '\0';
	b->tally_worker = worker;
	b->tally_seq = seq;
	return OK;
}

enum err batch_query(struct batch *b, enum stmt stmt, const struct store_args *a, batch_then *then, void *arg)
{
	if (b->state < IDLE)
		return ERR_STORE_DOWN;
	if (b->ask_waiting)
		return ERR_STATE;
	b->ask = stmt;
	/* the arguments point into themselves: point the copies into the copy */
	b->ask_args = *a;
	for (int i = 0; i < a->n; i++)
		if (a->v[i] && a->v[i] >= a->mem && a->v[i] < a->mem + sizeof a->mem)
			b->ask_args.v[i] = b->ask_args.mem + (a->v[i] - a->mem);
	b->then = then;
	b->then_arg = arg;
	b->ask_waiting = true;
	return OK;
}

static int by_reader(const void *x, const void *y)
{
	const struct batch_op *a = *(struct batch_op *const *)x, *b = *(struct batch_op *const *)y;
	int c = memcmp(a->reader.b, b->reader.b, 16);
	return c != 0 ? c : (int32_t)(a->order - b->order) < 0 ? -1 : 1;
}

/* Take ops from the queue and order them by reader; a reader's second mark waits for the next batch, because it must see the first. */
static void gather(struct batch *b)
{
	struct batch_op *taken[BATCH_OPS_MAX];
	size_t n = 0;
	while (n < BATCH_OPS_MAX && n < b->limit && b->queue.first) {
		struct batch_op *op = queue_take(&b->queue);
		if (op->abandoned && op->has_mark && op->version >= 0)
			finish(op, ERR_TIMEOUT);
		else
			taken[n++] = op;
	}
	qsort(taken, n, sizeof taken[0], by_reader);
	struct queue later;
	queue_init(&later);
	b->fly_n = b->group_n = 0;
	bool marked = false;
	for (size_t i = 0; i < n; i++) {
		bool same = b->fly_n > 0 && memcmp(b->fly[b->fly_n - 1]->reader.b, taken[i]->reader.b, 16) == 0;
		marked = same && marked;
		if (marked && taken[i]->has_mark) {
			queue_put(&later, taken[i]);
			continue;
		}
		marked |= taken[i]->has_mark;
		if (!same)
			b->group[b->group_n++] = (struct batch_group){ .id = taken[i]->reader, .from = b->fly_n };
		b->group[b->group_n - 1].n++;
		b->fly[b->fly_n++] = taken[i];
	}
	if (later.first) {
		*later.last = b->queue.first;
		if (!b->queue.first)
			b->queue.last = later.last;
		b->queue.first = later.first;
	}
}

static void sent(struct batch *b, enum state s, mono_t now)
{
	b->state = s;
	b->since = now;
	b->want = BATCH_READ | (PQflush(b->conn) == 1 ? BATCH_WRITE : 0);
}

static void send_batch(struct batch *b, mono_t now)
{
	gather(b);
	enum err e = batch_wire_build(&b->wire, b->fly, b->group, b->group_n, clock_utc(), b->tally, b->tally_worker, b->tally_seq);
	int ok = e == OK;
	if (ok && b->prepared)
		ok = PQsendQueryPrepared(b->conn, "view_batch", BATCH_PARAMS, b->wire.value, b->wire.len, b->wire.format, 1);
	else if (ok)
		ok = PQsendQueryParams(b->conn, STMT_TEXT[STMT_view_batch].sql, BATCH_PARAMS, NULL, b->wire.value, b->wire.len, b->wire.format, 1);
	if (!ok) {
		go_down(b, now);
		return;
	}
	b->tally_flying = b->tally != NULL;
	sent(b, FLYING, now);
}

static void send_ask(struct batch *b, mono_t now)
{
	const struct store_args *a = &b->ask_args;
	if (a->err != OK || !PQsendQueryParams(b->conn, STMT_TEXT[b->ask].sql, a->n, NULL, a->v, a->len, a->format, 0)) {
		go_down(b, now);
		return;
	}
	sent(b, ASKING, now);
}

static void answer_op(struct batch_op *op, const struct reader *state)
{
	op->state = *state;
	op->marked = op->has_mark && state->stored && reader_has_mark(state->marks, op->mark);
	finish(op, OK);
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

static void answer_group(struct batch *b, struct batch_group *g, const struct reader *state)
{
	ASSERT(!g->answered);
	g->answered = true;
	for (size_t i = g->from; i < g->from + g->n; i++)
		answer_op(b->fly[i], state);	/* the op may be gone after this */
}

/* Committed: tell everyone. The result outlives the calls, since states point into it. */
static void landed(struct batch *b, mono_t now)
{
	PGresult *res = b->res;
	b->res = NULL;
	b->state = IDLE;
	b->last_ok = now;
	b->limit = b->limit * 2 < BATCH_OPS_MAX ? b->limit * 2 : BATCH_OPS_MAX;
	b->stats.batches++;
	b->stats.readers += b->group_n;
	if (b->tally_flying) {
		free(b->tally);
		b->tally = NULL;
		b->tally_flying = false;
	}
	for (int row = 0; row < PQntuples(res); row++) {
		struct reader r;
		bool is_reader;
		enum err e = batch_wire_row(res, row, &r, &is_reader, &b->epoch);
		ASSERT(e == OK);
		if (!is_reader)
			continue;
		struct batch_group *g = group_of(b, &r.id);
		ASSERT(g != NULL);
		answer_group(b, g, &r);
	}
	for (size_t i = 0; i < b->group_n; i++)
		if (!b->group[i].answered)
			answer_group(b, &b->group[i], &(struct reader){ .id = b->group[i].id });
	b->fly_n = b->group_n = 0;
	PQclear(res);
}

/* Refused: try again in halves until the one that is the reason stands alone. */
static void refused(struct batch *b)
{
	struct fault f;
	enum err e = pq_fault(&f, b->conn, b->res, "view_batch");
	PQclear(b->res);
	b->res = NULL;
	b->state = IDLE;
	b->tally_flying = false;
	b->stats.retries++;
	size_t n = b->fly_n;
	b->fly_n = 0;
	if (n <= 1) {
		if (n == 1)
			finish(b->fly[0], e);
		return;
	}
	b->limit = n / 2;
	struct queue again;
	queue_init(&again);
	for (size_t i = 0; i < n; i++)
		queue_put(&again, b->fly[i]);
	*again.last = b->queue.first;
	if (!b->queue.first)
		b->queue.last = again.last;
	b->queue.first = again.first;
}

static void asked(struct batch *b)
{
	PGresult *res = b->res;
	b->res = NULL;
	b->state = IDLE;
	b->ask_waiting = false;
	if (PQresultStatus(res) != PGRES_TUPLES_OK) {
		struct fault f;
		enum err e = pq_fault(&f, b->conn, res, STMT_TEXT[b->ask].name);
		PQclear(res);
		b->then(b->then_arg, e, NULL);
		return;
	}
	struct rows *rows = rows_of(res);
	b->then(b->then_arg, rows ? OK : ERR_NO_MEMORY, rows);
	rows_free(rows);
}

static void ignore_notice(void *arg, const PGresult *res)
{
	(void)arg;
	(void)res;
}

static void connected(struct batch *b, mono_t now)
{
	PQsetnonblocking(b->conn, 1);
	PQsetNoticeReceiver(b->conn, ignore_notice, NULL);
	b->stats.connects++;
	b->generation++;
	b->last_ok = now;
	if (!b->prepared) {
		b->state = IDLE;
		b->want = BATCH_READ;
	} else if (PQsendPrepare(b->conn, "view_batch", STMT_TEXT[STMT_view_batch].sql, 0, NULL)) {
		sent(b, PREPARING, now);
	} else {
		go_down(b, now);
	}
}

static void connect_on(struct batch *b, mono_t now)
{
	if (b->state == DOWN) {
		b->conn = PQconnectStart(b->conninfo);
		b->since = now;
		b->generation++;
		if (!b->conn || PQstatus(b->conn) == CONNECTION_BAD) {
			go_down(b, now);
			return;
		}
		b->state = CONNECTING;
		b->want = BATCH_WRITE;
		return;
	}
	switch (PQconnectPoll(b->conn)) {
	case PGRES_POLLING_OK:
		connected(b, now);
		break;
	case PGRES_POLLING_READING:
		b->want = BATCH_READ;
		b->generation++;
		break;
	case PGRES_POLLING_WRITING:
		b->want = BATCH_WRITE;
		b->generation++;
		break;
	default:
		go_down(b, now);
	}
}

/* One result is complete (NULL read after it). */
static void complete(struct batch *b, mono_t now)
{
	ExecStatusType st = PQresultStatus(b->res);
	bool fine = st == PGRES_TUPLES_OK || st == PGRES_COMMAND_OK;
	b->want = BATCH_READ;
	if (PQstatus(b->conn) == CONNECTION_BAD) {
		go_down(b, now);
	} else if (b->state == PREPARING) {
		PQclear(b->res);
		b->res = NULL;
		if (fine)
			b->state = IDLE;
		else
			go_down(b, now);	/* not migrated yet, or no rights: try again later */
	} else if (b->state == ASKING) {
		asked(b);
	} else if (fine) {
		landed(b, now);
	} else if (store_sqlstate(PQresultErrorField(b->res, PG_DIAG_SQLSTATE)) == ERR_STORE_DOWN) {
		go_down(b, now);
	} else {
		refused(b);
	}
}

static void read_on(struct batch *b, unsigned ready, mono_t now)
{
	if (ready & BATCH_WRITE)
		b->want = BATCH_READ | (PQflush(b->conn) == 1 ? BATCH_WRITE : 0);
	if (ready & BATCH_READ && !PQconsumeInput(b->conn)) {
		go_down(b, now);
		return;
	}
	while (b->state > IDLE || b->state == PREPARING) {
		if (PQisBusy(b->conn))
			return;
		PGresult *r = PQgetResult(b->conn);
		if (!r) {
			complete(b, now);
			return;
		}
		PQclear(b->res);
		b->res = r;
	}
}

void batch_drive(struct batch *b, unsigned ready, mono_t now, bool beat)
{
	if (b->state == DOWN) {
		if (now.us >= b->retry_at.us)
			connect_on(b, now);
		return;
	}
	if (b->state == CONNECTING) {
		if (ready)
			connect_on(b, now);
		else if (now.us - b->since.us > CONNECT_MS * 1000)
			go_down(b, now);
		return;
	}
	if (b->state != IDLE) {
		read_on(b, ready, now);
		if ((b->state > IDLE || b->state == PREPARING) && now.us - b->since.us > STALL_MS * 1000)
			go_down(b, now);
	} else if (ready & BATCH_READ && (!PQconsumeInput(b->conn) || PQstatus(b->conn) == CONNECTION_BAD)) {
		go_down(b, now);	/* the server ended an idle connection */
	}
	if (b->state == IDLE && b->ask_waiting)
		send_ask(b, now);
	else if (b->state == IDLE && (b->queue.first || b->tally || beat))
		send_batch(b, now);
}
