/* tests/bench/batch.c: what one call of view_batch costs PostgreSQL: µs of processor of its backend
 * a batch, by what is in the batch. Readers are those that are stored (pledgectl mint-cookies). It
 * empties the tables of events.
 *
 *   build/plain/bench/batch CONNINFO [CALLS [READERS EVENTS NEW]]
 *
 * A line without a size: a view brings an event with a chance of 1 in 10 and is a new reader's with
 * 1 in 20, as in tests/bench/run. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "store/batch_wire.h"

#define MOST  96
#define PARTS 11

static uint64_t seed;
static uint32_t below(uint32_t n)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(((seed >> 32) * n) >> 32);
}

static void fail(const char *what)
{
	fprintf(stderr, "batch: %s\n", what);
	exit(1);
}

static PGresult *query(PGconn *conn, const char *sql)
{
	PGresult *res = PQexecParams(conn, sql, 0, NULL, NULL, NULL, NULL, 1);
	ExecStatusType st = PQresultStatus(res);
	if (st != PGRES_TUPLES_OK && st != PGRES_COMMAND_OK)
		fail(PQerrorMessage(conn));
	return res;
}

/* The backend's time on a processor, in microseconds; server and caller share a machine. */
static double used(int pid)
{
	char name[64];
	unsigned long long ns = 0;
	snprintf(name, sizeof name, "/proc/%d/schedstat", pid);
	FILE *f = fopen(name, "r");
	if (!f || fscanf(f, "%llu", &ns) != 1)
		fail("no /proc/PID/schedstat");
	fclose(f);
	return (double)ns / 1000;
}

static PGresult *ids;

static void fill(struct batch_op *op, utc_t now, bool is_new)
{
	uint16_t day = (uint16_t)(utc_s(now) / 86400 - 10957);
	memset(op, 0, sizeof *op);
	for (size_t i = 0; is_new && i < sizeof op->reader.b; i++)
		op->reader.b[i] = (uint8_t)below(256);
	if (!is_new)
		memcpy(op->reader.b, PQgetvalue(ids, (int)below((uint32_t)PQntuples(ids)), 0), 16);
	op->site = 1;
	op->first_at = op->at = now;
	op->version = -1;
	op->seen_n = is_new ? 2 : 1;
	for (size_t i = 0; i < op->seen_n; i++)
		reader_seen_pack(day, 1, 1 + below(10000) * UINT64_C(6700417), op->seen[i]);
}

static void prompt(struct batch_op *op, utc_t now)
{
	static const char S[] = "shown";
	struct reader_mark m = {.decision = below(UINT32_MAX),
		.campaign = 3,
		.kind = MARK_SHOWN,
		.cap = 7,
		.at = now};
	reader_mark_pack(&m, op->mark);
	op->has_mark = op->has_event = true;
	op->seen_n = 0;
	op->event = (struct batch_event){.decided_at = utc_of_s(utc_s(now)),
		.at = now,
		.decision = m.decision,
		.kind = S,
		.campaign = STR("appeal-of-november"),
		.variant = STR("a"),
		.section = STR("politics"),
		.article = STR("/en/politics/an-article-of-today"),
		.country = STR("LV"),
		.device = STR("mobile")};
}

static int by_reader(const void *x, const void *y)
{
	const struct batch_op *a = *(struct batch_op *const *)x, *b = *(struct batch_op *const *)y;
	return memcmp(a->reader.b, b->reader.b, 16);
}

/* n readers who are stored, e of a prompt, w new ones; all different. */
static size_t batch_of(struct batch_wire *w, size_t n, size_t e, size_t fresh)
{
	static struct batch_op op[MOST];
	struct batch_op *list[MOST];
	struct batch_group group[MOST];
	utc_t now = clock_utc();
	size_t all = n + e + fresh, group_n = 0;
	for (size_t i = 0; i < all; i++) {
		fill(&op[i], now, i >= n + e);
		if (i >= n && i < n + e)
			prompt(&op[i], now);
		list[i] = &op[i];
	}
	qsort(list, all, sizeof list[0], by_reader);
	for (size_t i = 0; i < all; i++)
		if (i == 0 || by_reader(&list[i - 1], &list[i]) != 0) {
			list[group_n] = list[i];
			group[group_n] = (struct batch_group){
				.id = list[i]->reader, .from = group_n, .n = 1};
			group_n++;
		}
	struct batch_rest rest = {.now = now};
	if (batch_wire_build(w, list, group, group_n, &rest) != OK)
		fail("no memory");
	return group_n;
}

static void call(PGconn *conn, struct batch_wire *w, size_t group_n)
{
	PGresult *res =
		PQexecPrepared(conn, "view_batch", BATCH_PARAMS, w->value, w->len, w->format, 1);
	if (PQresultStatus(res) != PGRES_TUPLES_OK)
		fail(PQerrorMessage(conn));
	if ((size_t)PQntuples(res) != group_n + 1)
		fail("readers are missing in the answer");
	PQclear(res);
}

static int by_size(const void *x, const void *y)
{
	double a = *(const double *)x, b = *(const double *)y;
	return a < b ? -1 : a > b;
}

/* The median of some parts: what else the machine does comes and goes. */
static void line(PGconn *conn, int calls, size_t n, size_t e, size_t fresh, bool mixed)
{
	double us[PARTS];
	struct batch_wire w = {0};
	PQclear(query(
		conn, "TRUNCATE pledged.roll_delta, pledged.experiment_due, pledged.prompt_event"));
	for (int part = 0; part < PARTS; part++) {
		double from = used(PQbackendPID(conn));
		for (int i = 0; i < calls / PARTS; i++) {
			size_t news = fresh, events = e;
			for (size_t k = 0; mixed && k < n; k++) {
				news += below(20) == 0;
				events += below(10) == 0;
			}
			call(conn, &w, batch_of(&w, mixed ? n - news : n, events, news));
		}
		us[part] = (used(PQbackendPID(conn)) - from) / (calls / PARTS);
	}
	qsort(us, PARTS, sizeof us[0], by_size);
	if (mixed)
		printf("%2zu views, as they come    %6.1f us a batch %6.1f a view\n", n,
			us[PARTS / 2], us[PARTS / 2] / (double)n);
	else
		printf("%2zu readers %zu events %zu new %6.1f us a batch\n", n, e, fresh,
			us[PARTS / 2]);
	fflush(stdout);
	batch_wire_fini(&w);
}

int main(int argc, char **argv)
{
	static const uint8_t SHAPES[][3] = {
		{1, 0, 0}, {8, 0, 0}, {24, 0, 0}, {8, 1, 0}, {8, 3, 0}, {8, 0, 1}, {8, 1, 1}};
	static const uint8_t MIXED[] = {1, 8, 24, 48};
	int calls = argc > 2 ? atoi(argv[2]) : 20000;
	if (argc != 2 && argc != 3 && argc != 6)
		fail("CONNINFO [CALLS [READERS EVENTS NEW]]");
	PGconn *conn = PQconnectdb(argv[1]);
	if (PQstatus(conn) != CONNECTION_OK)
		fail(PQerrorMessage(conn));
	seed = (uint64_t)clock_utc().us; /* whoever is new was not so in an earlier run */
	ids = query(conn, "SELECT reader_id FROM pledged.reader");
	/* as sql/roles.sql has it, but for the limits of time */
	PQclear(query(conn,
		"SELECT set_config(split_part(c, '=', 1), split_part(c, '=', 2), false) "
		"FROM pg_roles, unnest(rolconfig) c "
		"WHERE rolname = 'pledged_view' AND c NOT LIKE '%timeout%'"));
	PQclear(PQprepare(conn, "view_batch", STMT_TEXT[STMT_view_batch].sql, 0, NULL));
	if (PQntuples(ids) == 0)
		fail("there is no reader");
	if (argc == 6) {
		line(conn, calls, strtoul(argv[3], NULL, 10), strtoul(argv[4], NULL, 10),
			strtoul(argv[5], NULL, 10), false);
	} else {
		line(conn, 2000, 8, 0, 0, true); /* warm */
		for (size_t i = 0; i < ARRAY_N(SHAPES); i++)
			line(conn, calls, SHAPES[i][0], SHAPES[i][1], SHAPES[i][2], false);
		for (size_t i = 0; i < ARRAY_N(MIXED); i++)
			line(conn, calls, MIXED[i], 0, 0, true);
	}
	PQclear(ids);
	PQfinish(conn);
	return 0;
}
