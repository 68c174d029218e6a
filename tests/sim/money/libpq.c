/* tests/sim/money/libpq.c: in place of libpq's calls: src/store runs as it is, its statements go to
 * the model (model.c) or, with --pg, to PostgreSQL; here is where they meet trouble. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "model.h"
#include "store/pq.h"

#define CONNS_MAX 64

PGconn *__real_PQconnectdb(const char *info);
ConnStatusType __real_PQstatus(const PGconn *c);
PGTransactionStatusType __real_PQtransactionStatus(const PGconn *c);
int __real_PQserverVersion(const PGconn *c);
void __real_PQfinish(PGconn *c);
void __real_PQclear(PGresult *r);
char *__real_PQresultErrorField(const PGresult *r, int field);
PQnoticeReceiver __real_PQsetNoticeReceiver(PGconn *c, PQnoticeReceiver fn, void *arg);

PGconn *__wrap_PQconnectdb(const char *info);
ConnStatusType __wrap_PQstatus(const PGconn *c);
PGTransactionStatusType __wrap_PQtransactionStatus(const PGconn *c);
int __wrap_PQserverVersion(const PGconn *c);
void __wrap_PQfinish(PGconn *c);
void __wrap_PQclear(PGresult *r);
int __wrap_PQsendQueryParams(PGconn *p, const char *sql, int n, const Oid *types,
	const char *const *v, const int *len, const int *format, int result_format);
int __wrap_PQsetnonblocking(PGconn *p, int on);
int __wrap_PQflush(PGconn *p);
int __wrap_PQisBusy(PGconn *p);
PGresult *__wrap_PQgetResult(PGconn *p);
char *__wrap_PQresultErrorField(const PGresult *r, int field);
PQnoticeReceiver __wrap_PQsetNoticeReceiver(PGconn *c, PQnoticeReceiver fn, void *arg);

/* Connections that broke; and in the model, what stands for one. */
static struct conn {
	PGconn *real;
	bool used, broken;
	PGresult *answer; /* of the statement that was sent */
} conns[CONNS_MAX];
static int64_t away_until;
static const PGresult *failed;
static const char *failed_state;

static struct conn *conn_of(const PGconn *c)
{
	for (size_t i = 0; c && i < CONNS_MAX; i++)
		if (conns[i].used && ((const PGconn *)&conns[i] == c || conns[i].real == c))
			return &conns[i];
	return NULL;
}

void libpq_away(int64_t us)
{
	away_until = now_us() + us;
}

PGconn *__wrap_PQconnectdb(const char *info)
{
	struct conn *c = NULL;
	for (size_t i = 0; i < CONNS_MAX && !c; i++)
		if (!conns[i].used)
			c = &conns[i];
	ASSERT(c);
	*c = (struct conn){.used = true,
		.broken = me && (now_us() < away_until || fault(FAULT_store_refused))};
	if (me)
		proc_sleep(span(200, 5000));
	if (g.pg)
		c->real = __real_PQconnectdb(info);
	return g.pg ? c->real : (PGconn *)c;
}

ConnStatusType __wrap_PQstatus(const PGconn *p)
{
	const struct conn *c = conn_of(p);

	if (!c || c->broken)
		return CONNECTION_BAD;
	return g.pg ? __real_PQstatus(p) : CONNECTION_OK;
}

PGTransactionStatusType __wrap_PQtransactionStatus(const PGconn *p)
{
	return g.pg && p ? __real_PQtransactionStatus(p) : PQTRANS_IDLE;
}

int __wrap_PQserverVersion(const PGconn *p)
{
	return g.pg && p ? __real_PQserverVersion(p) : PQ_OLDEST * 10000;
}

PGconn *libpq_owner(const char *info)
{
	PGconn *c = __real_PQconnectdb(info);

	return __real_PQstatus(c) == CONNECTION_OK ? c : NULL;
}

/* Between two histories: nobody holds any. */
void libpq_begin(void)
{
	for (size_t i = 0; i < CONNS_MAX; i++)
		if (conns[i].used && conns[i].real)
			__real_PQfinish(conns[i].real);
	memset(conns, 0, sizeof conns);
}

void __wrap_PQfinish(PGconn *p)
{
	struct conn *c = conn_of(p);

	if (!c)
		return;
	if (g.pg)
		__real_PQfinish(p);
	c->used = false;
}

PQnoticeReceiver __wrap_PQsetNoticeReceiver(PGconn *c, PQnoticeReceiver fn, void *arg)
{
	return g.pg ? __real_PQsetNoticeReceiver(c, fn, arg) : NULL;
}

void result_free(PGresult *r)
{
	__real_PQclear(r);
}

void __wrap_PQclear(PGresult *r)
{
	for (size_t i = 0; me && i < ARRAY_N(me->live); i++)
		if (me->live[i] == r)
			me->live[i] = NULL;
	if (failed == r)
		failed = NULL;
	__real_PQclear(r);
}

char *__wrap_PQresultErrorField(const PGresult *r, int field)
{
	if (!g.pg || r == failed)
		return field == PG_DIAG_SQLSTATE && r == failed && failed_state
			       ? sim_text("%s", failed_state)
			       : NULL;
	return __real_PQresultErrorField(r, field);
}

static PGresult *fail(const char *state)
{
	PGresult *r = PQmakeEmptyPGresult(NULL, PGRES_FATAL_ERROR);

	ASSERT(r);
	failed = r;
	failed_state = state;
	return r;
}

static PGresult *keep(PGresult *r)
{
	for (size_t i = 0; i < ARRAY_N(me->live); i++)
		if (!me->live[i]) {
			me->live[i] = r;
			return r;
		}
	ASSERT(!"more answers held at once than expected");
	return NULL;
}

static PGresult *run(PGconn *c, const char *name, const char *sql, int n, const char *const *v,
	const int *len, const int *format)
{
	const char *state = NULL;
	PGresult *r = g.pg ? PQexecParams(c, sql, n, NULL, v, len, format, 0)
			   : model_run(name, n, v, len, &state);

	if (g.pg && PQresultStatus(r) != PGRES_TUPLES_OK)
		state = __real_PQresultErrorField(r, PG_DIAG_SQLSTATE);
	say("sql %s: %s%d", name, state ? state : "", r ? PQntuples(r) : 0);
	if (state && strcmp(state, "40001") != 0 && strncmp(state, "08", 2) != 0)
		say("sql error: %s", g.pg ? PQresultErrorMessage(r) : model_error());
	return r ? r : fail(state);
}

static PGresult *statement(struct conn *c, PGconn *p, const char *sql, int n, const char *const *v,
	const int *len, const int *format)
{
	char name[64];

	static const char lead[] = "/* pledged:";
	size_t k = sizeof lead - 1, to = 0;
	ASSERT(strncmp(sql, lead, k) == 0);
	while (sql[k] != ' ' && to < sizeof name - 1)
		name[to++] = sql[k++];
	name[to] = '\0';
	if (model_is_aside(name))
		return keep(model_run(name, n, v, len, NULL));
	proc_sleep(fault(FAULT_store_slow) ? span(S, 90 * S) : span(100, 4000));
	if (fault(FAULT_crash_before_store))
		proc_crash();
	if (fault(FAULT_store_busy))
		return keep(fail("40001"));
	if (now_us() < away_until || fault(FAULT_store_lost_before)) {
		c->broken = true;
		return keep(fail(NULL));
	}
	PGresult *r = keep(run(p, name, sql, n, v, len, format));
	if (rnd(3) == 0) /* somebody else's turn between the commit and its answer */
		proc_sleep(span(50, 3000));
	if (fault(FAULT_crash_after_store))
		proc_crash();
	if (fault(FAULT_store_lost_after)) {
		PQclear(r);
		c->broken = true;
		return keep(fail(NULL));
	}
	return r;
}

int __wrap_PQsendQueryParams(PGconn *p, const char *sql, int n, const Oid *types,
	const char *const *v, const int *len, const int *format, int result_format)
{
	struct conn *c = conn_of(p);

	(void)types;
	(void)result_format;
	ASSERT(me && c);
	c->answer = statement(c, p, sql, n, v, len, format);
	return 1;
}

/* What is asked is asked at once. */
int __wrap_PQsetnonblocking(PGconn *p, int on)
{
	(void)p;
	(void)on;
	return 0;
}

int __wrap_PQflush(PGconn *p)
{
	(void)p;
	return 0;
}

int __wrap_PQisBusy(PGconn *p)
{
	(void)p;
	return 0; /* the answer is there as soon as it was asked for */
}

PGresult *__wrap_PQgetResult(PGconn *p)
{
	struct conn *c = conn_of(p);
	PGresult *r = c->answer;

	c->answer = NULL;
	return r;
}
