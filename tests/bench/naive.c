/* tests/bench/naive.c: the plain way to write such a worker, as a yardstick: threads over libfcgi,
 * one prepared statement for each request over a pool of connections, a simple decision.
 * Listens on descriptor 0.
 *   naive CONNINFO [THREADS [CONNECTIONS]] */
#include <fcgiapp.h>
#include <libpq-fe.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define POOL_MAX 64
#define SQL                                                                                        \
	"INSERT INTO peer.reader AS r (reader_id, site_id, first_at, last_at, views, seen) "       \
	"VALUES ($1, 1, now(), now(), 1, $2) ON CONFLICT (reader_id) DO UPDATE SET "               \
	"views = r.views + 1, last_at = now(), "                                                   \
	"seen = substr(r.seen || excluded.seen, greatest(octet_length(r.seen) - 1991, 1)) "        \
	"RETURNING views, seen"

static struct {
	pthread_mutex_t lock;
	pthread_cond_t free;
	PGconn *conn[POOL_MAX];
	int n;
} pool = {.lock = PTHREAD_MUTEX_INITIALIZER, .free = PTHREAD_COND_INITIALIZER};

static PGconn *take(void)
{
	pthread_mutex_lock(&pool.lock);
	while (pool.n == 0)
		pthread_cond_wait(&pool.free, &pool.lock);
	PGconn *c = pool.conn[--pool.n];
	pthread_mutex_unlock(&pool.lock);
	return c;
}

static void give(PGconn *c)
{
	pthread_mutex_lock(&pool.lock);
	pool.conn[pool.n++] = c;
	pthread_cond_signal(&pool.free);
	pthread_mutex_unlock(&pool.lock);
}

static uint64_t hash(const char *p, size_t n)
{
	uint64_t h = UINT64_C(14695981039346656037);
	for (size_t i = 0; i < n; i++)
		h = (h ^ (uint8_t)p[i]) * UINT64_C(1099511628211);
	return h;
}

/* The day in two bytes, the article in six. */
static void entry(const char *query, uint8_t out[8])
{
	const char *a = strstr(query, "a="), *end = a ? strchr(a, '&') : NULL;
	uint64_t h = a ? hash(a, end ? (size_t)(end - a) : strlen(a)) : 0;
	uint16_t day = (uint16_t)(time(NULL) / 86400 - 10957);
	out[0] = (uint8_t)(day >> 8);
	out[1] = (uint8_t)day;
	for (int i = 2; i < 8; i++)
		out[i] = (uint8_t)(h >> (8 * (i - 2)));
}

static int in_month(const uint8_t *seen, int n, const uint8_t day[2])
{
	int today = day[0] << 8 | day[1], found = 0;
	for (int i = 0; i + 8 <= n; i += 8)
		found += today - (seen[i] << 8 | seen[i + 1]) < 30;
	return found;
}

static void answer(FCGX_Request *r)
{
	const char *cookie = FCGX_GetParam("HTTP_COOKIE", r->envp);
	const char *query = FCGX_GetParam("QUERY_STRING", r->envp);
	const char *id = cookie ? strstr(cookie, "reader=") : NULL;
	uint8_t seen[8];
	char who[37] = "";
	if (id)
		snprintf(who, sizeof who, "%.36s", id + 7);
	entry(query ? query : "", seen);
	const char *value[] = {who, (const char *)seen};
	const int len[] = {0, 8}, format[] = {0, 1};
	PGconn *c = take();
	PGresult *res = PQexecPrepared(c, "view", 2, value, len, format, 1);
	give(c);
	int month = 0;
	if (PQresultStatus(res) == PGRES_TUPLES_OK && PQntuples(res) == 1)
		month = in_month(
			(const uint8_t *)PQgetvalue(res, 0, 1), PQgetlength(res, 0, 1), seen);
	PQclear(res);
	const char *act = month >= 2 && query && strstr(query, "s=opinion") ? "prompt" : "open";
	char body[512];
	int n = snprintf(body, sizeof body,
		"{\"act\":\"%s\",\"reason\":\"naive\",\"articles\":%d,\"pad\":\"%0250d\"}", act,
		month, 0);
	FCGX_FPrintF(r->out,
		"Content-Type: application/json\r\nContent-Length: %d\r\n"
		"Cache-Control: private, no-store\r\n\r\n",
		n);
	FCGX_PutStr(body, n, r->out);
}

static void *work(void *arg)
{
	FCGX_Request r;
	(void)arg;
	FCGX_InitRequest(&r, 0, 0);
	while (FCGX_Accept_r(&r) == 0)
		answer(&r);
	return NULL;
}

int main(int argc, char **argv)
{
	int threads = argc > 2 ? atoi(argv[2]) : 128, n = argc > 3 ? atoi(argv[3]) : 16;
	for (int i = 0; argc > 1 && i < n && i < POOL_MAX; i++) {
		PGconn *c = PQconnectdb(argv[1]);
		PGresult *res = PQprepare(c, "view", SQL, 0, NULL);
		if (PQresultStatus(res) != PGRES_COMMAND_OK) {
			fprintf(stderr, "naive: %s", PQerrorMessage(c));
			return 1;
		}
		PQclear(res);
		pool.conn[pool.n++] = c;
	}
	if (pool.n == 0 || FCGX_Init() != 0)
		return 2;
	for (int i = 1; i < threads; i++) {
		pthread_t t;
		if (pthread_create(&t, NULL, work, NULL) != 0)
			return 1;
	}
	work(NULL);
	return 0;
}
