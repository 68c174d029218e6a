/* store/batch_link.c: the life of the connection under the batches.
 *   down -> connecting -> preparing -> idle -> flying | asking -> idle ...      any trouble with
 * the connection: -> down */
#include <stdlib.h>
#include <string.h>

#include "base/metric.h"
#include "store/batch_own.h"

#define RETRY_MS 200  /* after all servers of the list had their turn */
#define STALL_MS 3000 /* a connection that is silent for so long is given up */

/* What a batch costs by itself, mostly its commit, is as much as some ten views: where batches have
 * this many ops there is load, and the next one may begin so long after the one before, or when it
 * is this large. */
#define LOAD_OPS 4
#define FULL_OPS 24
#define PACE_US  1000

enum err batch_open(const struct conf *c, struct batch **ret, struct fault *f)
{
	struct batch *b = calloc(1, sizeof *b);
	if (!b)
		return fault_set(f, ERR_NO_MEMORY, NULL, "batch");
	char *conninfo = pq_conninfo(c, "pledged_view", f);
	enum err e = conninfo ? hosts_open(conninfo, &b->hosts, f) : ERR_CONF;
	free(conninfo);
	if (e != OK) {
		free(b);
		return e;
	}
	b->prepared = conf_on(c, CONF_database_prepared);
	b->limit = BATCH_OPS_MAX;
	batch_queue_init(&b->queue);
	batch_queue_init(&b->busy);
	*ret = b;
	return OK;
}

void batch_down(struct batch *b, mono_t now)
{
	PQclear(b->res);
	b->res = NULL;
	PQfinish(b->conn);
	b->conn = NULL;
	b->state = DOWN;
	b->want = 0;
	b->generation++;
	b->retry_at = hosts_next(b->hosts) ? now : mono_add(now, dur_ms(RETRY_MS));
	b->tally_flying = false;
	size_t n = b->fly_n;
	b->fly_n = 0;
	for (size_t i = 0; i < n; i++)
		batch_finish(b->fly[i], ERR_STORE_DOWN);
	for (struct batch_op *op; (op = batch_queue_take(&b->queue));)
		batch_finish(op, ERR_STORE_DOWN);
	for (struct batch_op *op; (op = batch_queue_take(&b->busy));)
		batch_finish(op, ERR_STORE_DOWN);
	if (b->ask_waiting) {
		b->ask_waiting = false;
		b->then(b->then_arg, ERR_STORE_DOWN, NULL);
	}
}

void batch_close(struct batch *b)
{
	if (!b)
		return;
	batch_down(b, (mono_t){0});
	batch_wire_fini(&b->wire);
	free(b->tally_mem);
	hosts_close(b->hosts);
	free(b);
}

int batch_fd(const struct batch *b)
{
	return b->conn ? PQsocket(b->conn) : -1;
}
unsigned batch_want(const struct batch *b)
{
	return b->want;
}
unsigned batch_generation(const struct batch *b)
{
	return b->generation;
}
bool batch_is_up(const struct batch *b)
{
	return b->state >= IDLE;
}
bool batch_is_idle(const struct batch *b)
{
	return b->state <= IDLE && !b->queue.first && !b->busy.first && !b->tally;
}
int64_t batch_epoch(const struct batch *b)
{
	return b->epoch;
}
mono_t batch_last_ok(const struct batch *b)
{
	return b->last_ok;
}
struct batch_stats batch_stats(const struct batch *b)
{
	return b->stats;
}
const struct fault *batch_trouble(const struct batch *b)
{
	return &b->trouble;
}

enum err batch_query(
	struct batch *b, enum stmt stmt, const struct store_args *a, batch_then *then, void *arg)
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

void batch_sent(struct batch *b, enum batch_state s, mono_t now)
{
	b->state = s;
	b->since = now;
	b->want = BATCH_READ | (PQflush(b->conn) == 1 ? BATCH_WRITE : 0);
}

static void send_ask(struct batch *b, mono_t now)
{
	const struct store_args *a = &b->ask_args;
	if (a->err != OK || !PQsendQueryParams(b->conn, STMT_TEXT[b->ask].sql, a->n, NULL, a->v,
				    a->len, a->format, 0)) {
		batch_down(b, now);
		return;
	}
	batch_sent(b, ASKING, now);
}

static void asked(struct batch *b, mono_t now)
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
	b->last_ok = now;
	hosts_rewind(b->hosts);
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
	if (pq_fits(b->conn, &b->trouble) != OK) {
		b->stats.unfit++;
		batch_down(b, now);
		return;
	}
	PQsetnonblocking(b->conn, 1);
	PQsetNoticeReceiver(b->conn, ignore_notice, NULL);
	metric_add(METRIC_STORE_CONNECTS, 0, 1);
	b->generation++;
	b->last_ok = now;
	if (!b->prepared) {
		b->state = IDLE;
		b->want = BATCH_READ;
	} else if (PQsendPrepare(b->conn, "view_batch", STMT_TEXT[STMT_view_batch].sql, 0, NULL)) {
		batch_sent(b, PREPARING, now);
	} else {
		batch_down(b, now);
	}
}

static void connect_on(struct batch *b, mono_t now)
{
	if (b->state == DOWN) {
		b->conn = hosts_start(b->hosts);
		b->since = now;
		b->generation++;
		if (!b->conn || PQstatus(b->conn) == CONNECTION_BAD) {
			batch_down(b, now);
			return;
		}
		b->state = CONNECTING;
		b->want = BATCH_WRITE;
		return;
	}
	switch (PQconnectPoll(b->conn)) {
	case PGRES_POLLING_OK: connected(b, now); break;
	case PGRES_POLLING_READING:
		b->want = BATCH_READ;
		b->generation++;
		break;
	case PGRES_POLLING_WRITING:
		b->want = BATCH_WRITE;
		b->generation++;
		break;
	default: batch_down(b, now);
	}
}

/* One result is complete (NULL read after it). */
static void complete(struct batch *b, mono_t now)
{
	ExecStatusType st = PQresultStatus(b->res);
	bool fine = st == PGRES_TUPLES_OK || st == PGRES_COMMAND_OK;
	b->want = BATCH_READ;
	if (PQstatus(b->conn) == CONNECTION_BAD ||
		(!fine && store_sqlstate(PQresultErrorField(b->res, PG_DIAG_SQLSTATE)) ==
				  ERR_STORE_DOWN)) {
		batch_down(b, now);
	} else if (b->state == PREPARING) {
		PQclear(b->res);
		b->res = NULL;
		if (fine)
			b->state = IDLE;
		else
			batch_down(b, now); /* not migrated yet, or no rights: try again later */
	} else if (b->state == ASKING) {
		asked(b, now);
	} else if (fine) {
		batch_landed(b, now);
	} else {
		batch_refused(b, now);
	}
}

static void read_on(struct batch *b, unsigned ready, mono_t now)
{
	if (ready & BATCH_WRITE)
		b->want = BATCH_READ | (PQflush(b->conn) == 1 ? BATCH_WRITE : 0);
	if (ready & BATCH_READ && !PQconsumeInput(b->conn)) {
		batch_down(b, now);
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

static mono_t gathers_until(const struct batch *b)
{
	bool gathers = b->last_n >= LOAD_OPS && b->queue.n < FULL_OPS && b->queue.n < b->limit;
	return (mono_t){gathers ? b->since.us + PACE_US : 0};
}

void batch_next(struct batch *b, mono_t now, bool beat)
{
	if (b->state == IDLE && b->ask_waiting)
		send_ask(b, now);
	else if (b->state == IDLE && ((b->queue.first && now.us >= gathers_until(b).us) ||
					     batch_tally_is_due(b, now) || beat))
		batch_send(b, now);
}

mono_t batch_due(const struct batch *b)
{
	mono_t due = {0};
	if (b->state == IDLE && b->queue.first)
		due = gathers_until(b);
	else if (b->state == IDLE && b->busy.first)
		due = b->busy_at;
	return due;
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
		else if (now.us - b->since.us > hosts_patience(b->hosts).us)
			batch_down(b, now);
		return;
	}
	if (b->state != IDLE) {
		read_on(b, ready, now);
		if ((b->state > IDLE || b->state == PREPARING) &&
			now.us - b->since.us > STALL_MS * 1000)
			batch_down(b, now);
	} else if (ready & BATCH_READ &&
		   (!PQconsumeInput(b->conn) || PQstatus(b->conn) == CONNECTION_BAD)) {
		batch_down(b, now); /* the server ended an idle connection */
	}
	batch_again(b, now);
	batch_next(b, now, beat);
}
