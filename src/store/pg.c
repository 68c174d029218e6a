/* store/pg.c: the blocking connection: connect when needed, call, repeat what is soft. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/crash.h"
#include "base/label.h"
#include "base/metric.h"
#include "store/hosts.h"
#include "store/pq.h"

#define REPEATS   2
#define REPEAT_MS 1000 /* whoever has waited for longer has waited enough */
#define SHUN_MS   1000
#define ASK_MS    2000 /* of silence, before whoever may wait for LONG_MS asks if anybody is there */
#define ASK_S     "2"
#define LONG_MS   10000

struct store {
	struct hosts *hosts;
	PGconn *conn;
	int64_t patience_ms; /* 0: for ever */
	mono_t shun_until; /* whoever stood in line behind one that waited in vain does not wait */
};

/* How long a server may be silent over one statement: a second more than sql/roles.sql lets it
 * work, so that only a dead wire or a server that hangs comes to this. TCP's own time-outs do not
 * see a peer that takes bytes and says nothing, and a Unix socket has none. */
static const struct {
	const char *user;
	int64_t ms;
} PATIENCE[] = {
	{"pledged_money", 3000},
	{"pledged_clerk", 21000},
	{"pledged_report", 31000},
};

const struct stmt_text STMT_TEXT[STMT_N] = {
#define X(name, roles, params, sql) {#name, roles, "/* pledged:" #name " */ " sql, params},
#include "store/stmt.def"
#undef X
};

static const struct {
	const char *state;
	enum err err;
} STATES[] = {
	{"40001", ERR_STORE_BUSY},
	{"40P01", ERR_STORE_BUSY},
	{"55P03", ERR_STORE_BUSY},
	{"57014", ERR_TIMEOUT},
	{"57P01", ERR_STORE_DOWN},
	{"57P02", ERR_STORE_DOWN},
	{"57P03", ERR_STORE_DOWN},
	{"25006", ERR_STORE_DOWN},
	{"53300", ERR_STORE_DOWN},
	{"53100", ERR_STORE_DOWN},
	{"53200", ERR_STORE_DOWN},
	{"25P03", ERR_STORE_DOWN},
};

enum err store_sqlstate(const char *state)
{
	if (!state || strncmp(state, "08", 2) == 0)
		return ERR_STORE_DOWN;
	for (size_t i = 0; i < ARRAY_N(STATES); i++)
		if (strcmp(state, STATES[i].state) == 0)
			return STATES[i].err;
	return ERR_STORE;
}

char *pq_conninfo(const struct conf *c, const char *user, struct fault *f)
{
	const char *given = conf_str(c, CONF_database_conninfo);
	char *why = NULL;
	PQconninfoOption *o = PQconninfoParse(given, &why);
	if (!o) {
		fault_set(f, ERR_CONF, "database.conninfo", "libpq cannot read it");
		PQfreemem(why);
		return NULL;
	}
	PQconninfoFree(o);
	/* libpq reads an address, too, but ours stands among words */
	if (strncmp(given, "postgres://", 11) == 0 || strncmp(given, "postgresql://", 13) == 0) {
		fault_set(f, ERR_CONF, "database.conninfo",
			"words such as host=… dbname=…, not an address");
		return NULL;
	}
	size_t cap = strlen(given) + 300;
	char *mem = malloc(cap);
	if (!mem) {
		fault_set(f, ERR_NO_MEMORY, NULL, "conninfo");
		return NULL;
	}
	setenv("PGTZ", "UTC",
		1); /* goes as a start-up word, which poolers pass on; rows.c reads UTC alone */
	/* the first of two equal words loses in libpq, so what the operator wrote comes last */
	struct buf b;
	buf_init(&b, mem, cap - 1);
	buf_addf(&b, "connect_timeout=2 tcp_user_timeout=3000 keepalives_idle=10 "
		     "gssencmode=disable options='' client_encoding=UTF8 ");
	if (user)
		buf_addf(&b, "user=%s application_name=%s ", user, user);
	else
		buf_addc(&b, "application_name=pledgectl ");
	/* a role that cannot write can do nothing; whoever reads, reads anywhere */
	if (user && strcmp(user, "pledged_report") != 0)
		buf_addc(&b, "target_session_attrs=read-write ");
	buf_addc(&b, given);
	mem[buf_str(&b).n] = '\0';
	return mem;
}

static void count(enum err e)
{
	enum label_db what = e == ERR_STORE_DOWN   ? DB_down
			     : e == ERR_STORE_BUSY ? DB_busy
			     : e == ERR_TIMEOUT    ? DB_timeout
						   : DB_refused;
	metric_add(METRIC_DB_ERRORS, metric_series(METRIC_DB_ERRORS, what, 0, 0), 1);
}

enum err pq_fits(const PGconn *conn, struct fault *f)
{
	int major = PQserverVersion(conn) / 10000;
	if (major >= PQ_OLDEST)
		return OK;
	count(ERR_STORE_DOWN);
	return fault_set(f, ERR_STORE_DOWN, NULL,
		"the database is PostgreSQL %d, %d or later is needed", major, PQ_OLDEST);
}

enum err pq_fault(struct fault *f, const PGconn *conn, const PGresult *res, const char *what)
{
	const char *state = res ? PQresultErrorField(res, PG_DIAG_SQLSTATE) : NULL;
	enum err e =
		conn && PQstatus(conn) == CONNECTION_BAD ? ERR_STORE_DOWN : store_sqlstate(state);
	count(e);
	return fault_set(f, e, NULL, "%s: SQLSTATE %s", what, state ? state : "none");
}

enum err store_open(const struct conf *c, const char *user, struct store **ret, struct fault *f)
{
	char *info = pq_conninfo(c, user, f);
	if (!info)
		return f && f->err != OK ? f->err : ERR_CONF;
	struct store *s = calloc(1, sizeof *s);
	enum err e =
		s ? hosts_open(info, &s->hosts, f) : fault_set(f, ERR_NO_MEMORY, NULL, "store");
	free(info);
	if (e != OK) {
		free(s);
		return e;
	}
	for (size_t i = 0; user && i < ARRAY_N(PATIENCE); i++)
		if (strcmp(user, PATIENCE[i].user) == 0)
			s->patience_ms = PATIENCE[i].ms;
	*ret = s;
	return OK;
}

void store_close(struct store *s)
{
	if (!s)
		return;
	PQfinish(s->conn);
	hosts_close(s->hosts);
	free(s);
}

static void ignore_notice(void *arg, const PGresult *res)
{
	(void)arg;
	(void)res;
}

/* A server that takes nothing now, because it became a standby or its disk is full, may go on doing
 * so on this connection for ever: the next one finds who is in charge. */
static void leave(struct store *s)
{
	PQfinish(s->conn);
	s->conn = NULL;
}

static void shun(struct store *s)
{
	if (s->patience_ms > 0)
		s->shun_until = mono_add(clock_mono(), dur_ms(SHUN_MS));
}

/* Of the servers of the list; what is told of a server that does not fit says more than that
 * another one does not answer. */
static enum err first_that_fits(struct store *s, struct fault *f)
{
	enum err e = OK;
	struct fault misfit = {0};
	do {
		s->conn = hosts_connect(s->hosts);
		bool open = s->conn && PQstatus(s->conn) == CONNECTION_OK;
		if (open && (e = pq_fits(s->conn, &misfit)) == OK) {
			hosts_rewind(s->hosts);
			return OK;
		}
		leave(s);
	} while (hosts_next(s->hosts));
	if (e != OK && f)
		*f = misfit;
	if (e != OK)
		return e;
	count(ERR_STORE_DOWN);
	return fault_set(f, ERR_STORE_DOWN, NULL, "the database does not take connections");
}

static enum err connect_now(struct store *s, struct fault *f)
{
	if (s->conn && PQstatus(s->conn) == CONNECTION_OK)
		return OK;
	mono_t began = clock_mono();
	PQfinish(s->conn);
	s->conn = NULL;
	if (began.us < s->shun_until.us)
		return fault_set(f, ERR_STORE_DOWN, NULL, "the database was silent a moment ago");
	enum err e = first_that_fits(s, f);
	if (e != OK) {
		if (clock_mono().us - began.us >= REPEAT_MS * 1000)
			shun(s);
		return e;
	}
	PQsetNoticeReceiver(s->conn, ignore_notice, NULL);
	/* a long statement to a server that stopped reading must not be waited for in libpq */
	if (PQsetnonblocking(s->conn, 1) != 0)
		return fault_set(f, ERR_STORE_DOWN, NULL, "the connection broke");
	return OK;
}

/* Until the wire is ready for one of these, or it is too late: 0. */
static short await_wire(const struct store *s, short events, mono_t until)
{
	struct pollfd p = {.fd = PQsocket(s->conn), .events = events};
	int64_t left = s->patience_ms > 0 ? mono_left_ms(until, clock_mono()) : -1;
	int n = left != 0 ? poll(&p, 1, (int)left) : 0;
	if (n < 0 && errno == EINTR)
		return events; /* look again; nothing here blocks */
	return n > 0 ? p.revents : 0;
}

/* Whether the server says anything to a new connection, be it no. Waits for two seconds at most. */
static bool is_there(const struct store *s)
{
	const char *const name[] = {
		"host", "hostaddr", "port", "connect_timeout", "sslmode", "gssencmode", NULL};
	const char *const value[] = {PQhost(s->conn), PQhostaddr(s->conn), PQport(s->conn), ASK_S,
		"disable", "disable", NULL};
	return PQpingParams(name, value, 0) != PQPING_NO_RESPONSE;
}

/* Until all is sent and a result can be read without waiting; false when it does not come in time,
 * or when whoever may wait long for it finds that nobody is there. What breaks meanwhile,
 * PQgetResult tells. */
static bool await_result(const struct store *s, mono_t until)
{
	int unsent;
	while ((unsent = PQflush(s->conn)) == 1 || (unsent == 0 && PQisBusy(s->conn))) {
		mono_t ask =
			s->patience_ms >= LONG_MS ? mono_add(clock_mono(), dur_ms(ASK_MS)) : until;
		short ready = await_wire(
			s, unsent ? POLLIN | POLLOUT : POLLIN, ask.us < until.us ? ask : until);
		if (!ready && ask.us < until.us && is_there(s))
			continue;
		if (!ready)
			return false;
		if (ready & ~POLLOUT && !PQconsumeInput(s->conn))
			return true;
	}
	return true;
}

/* The last of the results. A server that stays silent loses the connection, so NULL is that of a
 * lost one. */
static PGresult *answer(struct store *s, mono_t until)
{
	PGresult *last = NULL, *res;
	for (;;) {
		if (!await_result(s, until)) {
			PQclear(last);
			leave(s);
			shun(s);
			return NULL;
		}
		if (!(res = PQgetResult(s->conn)))
			return last;
		PQclear(last);
		last = res;
	}
}

/* PQexecParams in steps, with the moment between them in which nobody knows the outcome. */
static PGresult *ask(struct store *s, enum stmt stmt, const struct store_args *a)
{
	mono_t until = mono_add(clock_mono(), dur_ms(s->patience_ms));
	if (!PQsendQueryParams(
		    s->conn, STMT_TEXT[stmt].sql, a->n, NULL, a->v, a->len, a->format, 0))
		return NULL;
	CRASH_SENT(STMT_TEXT[stmt].name);
	return answer(s, until);
}

static enum err call_once(struct store *s, enum stmt stmt, const struct store_args *a,
	struct rows **ret, struct fault *f)
{
	enum err e = connect_now(s, f);
	if (e != OK)
		return e;
	PGresult *res = ask(s, stmt, a);
	if (PQresultStatus(res) != PGRES_TUPLES_OK) {
		e = pq_fault(f, s->conn, res, STMT_TEXT[stmt].name);
		PQclear(res);
		return e;
	}
	struct rows *r = rows_of(res);
	if (!r)
		return fault_set(f, ERR_NO_MEMORY, NULL, "rows");
	*ret = r;
	return OK;
}

enum err store_call(struct store *s, enum stmt stmt, const struct store_args *a, struct rows **ret,
	struct fault *f)
{
	ASSERT(stmt < STMT_N && a->n == STMT_TEXT[stmt].params);
	if (a->err != OK)
		return fault_set(
			f, a->err, NULL, "%s: an argument does not fit", STMT_TEXT[stmt].name);
	/* inside the caller's transaction a repeat would stand outside of it */
	bool alone = !s->conn || PQtransactionStatus(s->conn) == PQTRANS_IDLE ||
		     PQtransactionStatus(s->conn) == PQTRANS_UNKNOWN;
	mono_t enough = mono_add(clock_mono(), dur_ms(REPEAT_MS));
	for (int tries = 0;; tries++) {
		if (!alone && PQstatus(s->conn) != CONNECTION_OK)
			return fault_set(f, ERR_STORE_DOWN, NULL,
				"the connection was lost inside a transaction");
		enum err e = call_once(s, stmt, a, ret, f);
		if (e == ERR_STORE_DOWN && alone)
			leave(s);
		if (e == OK || (e != ERR_STORE_BUSY && e != ERR_STORE_DOWN) || tries == REPEATS ||
			!alone || clock_mono().us >= enough.us)
			return e;
		nanosleep(&(struct timespec){.tv_nsec = 20000000L * (tries + 1)}, NULL);
	}
}

enum err store_script(struct store *s, const char *sql, struct rows **ret, struct fault *f)
{
	enum err e = connect_now(s, f);
	if (e != OK)
		return e;
	mono_t until = mono_add(clock_mono(), dur_ms(s->patience_ms));
	PGresult *res = PQsendQuery(s->conn, sql) ? answer(s, until) : NULL;
	ExecStatusType st = PQresultStatus(res);
	if (st != PGRES_TUPLES_OK && st != PGRES_COMMAND_OK) {
		const char *state = PQresultErrorField(res, PG_DIAG_SQLSTATE);
		const char *text = PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY);
		e = PQstatus(s->conn) == CONNECTION_BAD ? ERR_STORE_DOWN : store_sqlstate(state);
		fault_set(f, e, PQresultErrorField(res, PG_DIAG_STATEMENT_POSITION), "%s: %s",
			state ? state : "connection", text ? text : "lost");
		PQclear(res);
		return e;
	}
	struct rows *r = rows_of(res);
	if (!r)
		return fault_set(f, ERR_NO_MEMORY, NULL, "rows");
	if (ret)
		*ret = r;
	else
		rows_free(r);
	return OK;
}
