/* tests/bench/rate.c: readers at a constant rate. Each request has its moment, whether or not the
 * ones before were answered, and its time is counted from that moment: a server that stalls cannot
 * slow its own examiner down. Prints one line of JSON. See README.md.
 *   rate -p PORT -t PATH -k COOKIES [-K NEW -o FIRST] -r RATE -s SECONDS [-c CONNECTIONS]
 *        [-n NAME] [-w WIDTH_MS] [-a ACKS]
 *   COOKIES, NEW   values of the cookie NAME, lines of one length: of stored readers, picked at
 *                  random, and of new ones, each taken once, one request in twenty
 *   WIDTH_MS       also tells what became of each so many milliseconds, by when a request was due,
 *                  and last how many decisions came in this time
 *   ACKS           file for who was told that a view is counted: lines of cookie, how often, and
 * how often with a prompt What was due and found no connection until the end is not sent any more,
 * and told as unsent. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define ANSWER_BYTES 16384
#define REQUEST_MAX  1024
#define CONNS_MAX    8192
#define GRACE_US     5000000 /* for the answers to what is under way at the end */
#define LATE_US      5000    /* the last ones may be sent so much later */
#define AGAIN_US     20000   /* between two tries to connect */

enum kind { DECIDED, OPENED, REFUSED, BROKEN, KINDS }; /* refused: no 200; broken: no answer */
static const char *const KIND[KINDS] = {"decided", "open", "refused", "broken"};

struct list {
	const char *p;
	size_t width, n;
};

struct conn {
	int fd; /* -1: to be connected */
	bool busy, is_new;
	int64_t due, again_at;
	size_t who, want, got; /* who: index in its list; want 0: head is not complete */
	char in[ANSWER_BYTES];
};

static struct {
	int port, conns;
	const char *path, *name, *acks;
	double rate, seconds;
	struct list stored, fresh;
	size_t first;
	int64_t width;
} o = {.port = 8380,
	.conns = 256,
	.path = "/decide",
	.name = "pledged",
	.rate = 1000,
	.seconds = 5};

static struct conn *conn;
static int *spare, spare_n, poll_fd;
static uint32_t *took[KINDS];
static size_t took_n[KINDS], total, sent, done;
enum { LONGEST = KINDS, CAME, BIN };
static uint32_t *bins; /* BIN a width */
static size_t bin_n;
static uint16_t *acked[2], *asked[2]; /* of stored readers, of new ones */
static int64_t began;
static uint64_t seed;

static int64_t now_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static uint64_t draw(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static void fail(const char *what)
{
	fprintf(stderr, "rate: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void *make(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size);
	if (!p)
		fail("memory");
	return p;
}

static struct list list_open(const char *file)
{
	struct stat st;
	int fd = open(file, O_RDONLY);
	if (fd < 0 || fstat(fd, &st) != 0)
		fail(file);
	struct list l = {.p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0)};
	close(fd);
	const char *end = l.p == MAP_FAILED ? NULL : memchr(l.p, '\n', (size_t)st.st_size);
	if (!end)
		fail(file);
	l.width = (size_t)(end - l.p) + 1;
	l.n = (size_t)st.st_size / l.width;
	return l;
}

/* --- one answer ----------------------------------------------------------------------------------
 */

static uint32_t *bin_of(int64_t at)
{
	size_t i = o.width > 0 ? (size_t)((at - began) / o.width) : bin_n;
	return i < bin_n ? bins + i * BIN : NULL;
}

static void one_more(uint16_t *n)
{
	if (*n < UINT16_MAX)
		++*n;
}

static void acknowledge(const struct conn *c)
{
	if (!o.acks)
		return;
	one_more(&acked[c->is_new][c->who]);
	if (strstr(c->in, "\"act\":\"prompt\""))
		one_more(&asked[c->is_new][c->who]);
}

static void count(struct conn *c, enum kind k, int64_t now)
{
	int64_t us = now - c->due;
	took[k][took_n[k]++] = (uint32_t)us;
	done++;
	if (k == DECIDED)
		acknowledge(c);
	uint32_t *due = bin_of(c->due), *came = bin_of(now);
	if (due) { /* a stall shows at its beginning */
		due[k]++;
		due[LONGEST] = (uint32_t)us > due[LONGEST] ? (uint32_t)us : due[LONGEST];
	}
	if (came && k == DECIDED)
		came[CAME]++;
	c->busy = false;
}

static enum kind kind_of(const struct conn *c)
{
	if (memcmp(c->in, "HTTP/1.1 200", 12) != 0)
		return REFUSED;
	return strstr(c->in, "\"reason\":\"store_down\"") ||
			       strstr(c->in, "\"reason\":\"overload\"")
		       ? OPENED
		       : DECIDED;
}

static void conn_lost(struct conn *c, int64_t now)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	if (c->busy) {
		count(c, BROKEN, now);
		spare[spare_n++] = (int)(c - conn);
	}
	c->again_at = now + AGAIN_US;
}

/* The head is complete: how long is the whole? 0 when that is not told. */
static size_t whole(const struct conn *c)
{
	const char *end = strstr(c->in, "\r\n\r\n"),
		   *len = strcasestr(c->in, "\r\ncontent-length:");
	if (!end || !len || len > end)
		return 0;
	return (size_t)(end - c->in) + 4 + strtoul(len + 17, NULL, 10);
}

static void on_readable(struct conn *c)
{
	ssize_t n = recv(c->fd, c->in + c->got, sizeof c->in - 1 - c->got, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		conn_lost(c, now_us());
		return;
	}
	c->got += (size_t)n;
	c->in[c->got] = '\0';
	if (c->want == 0)
		c->want = whole(c);
	if (c->want >= sizeof c->in || (c->want == 0 && c->got == sizeof c->in - 1)) {
		errno = EMSGSIZE;
		fail("an answer");
	}
	if (c->busy && c->want > 0 && c->got >= c->want) {
		count(c, kind_of(c), now_us());
		spare[spare_n++] = (int)(c - conn);
	}
}

/* --- one request ---------------------------------------------------------------------------------
 */

static bool conn_open(struct conn *c)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)o.port)};
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		fail("socket");
	int one = 1;
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	if (connect(c->fd, (struct sockaddr *)&to, sizeof to) != 0) {
		close(c->fd);
		c->fd = -1;
		return false;
	}
	fcntl(c->fd, F_SETFL, O_NONBLOCK);
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = c};
	if (epoll_ctl(poll_fd, EPOLL_CTL_ADD, c->fd, &ev) != 0)
		fail("epoll_ctl");
	return true;
}

static const char *pick(struct conn *c, size_t *ret_width)
{
	c->is_new = o.fresh.n > 0 && draw() % 20 == 0;
	const struct list *l = c->is_new ? &o.fresh : &o.stored;
	c->who = c->is_new ? o.first++ % l->n : draw() % l->n;
	*ret_width = l->width;
	return l->p + c->who * l->width;
}

static void request(struct conn *c, int64_t due)
{
	char out[REQUEST_MAX];
	size_t width;
	const char *cookie = pick(c, &width);
	uint64_t article = o.acks ? draw() : draw() % 10000; /* each ack is one more view */
	int n = snprintf(out, sizeof out,
		"GET %s?a=/en/news/rate-%" PRIx64 "&s=%s&l=en HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
		"Accept: application/json\r\nCookie: %s=%.*s\r\n\r\n",
		o.path, article, draw() % 10 == 0 ? "opinion" : "news", o.port, o.name,
		(int)width - 1, cookie);
	c->due = due;
	c->busy = true;
	c->got = c->want = 0;
	if ((c->fd < 0 && !conn_open(c)) || send(c->fd, out, (size_t)n, MSG_NOSIGNAL) != n)
		conn_lost(c, now_us());
}

/* A connection that may be used now; NULL: all are busy. */
static struct conn *next_conn(int64_t now)
{
	for (int tries = spare_n; tries > 0; tries--) {
		struct conn *c = &conn[spare[--spare_n]];
		if (c->fd >= 0 || c->again_at <= now)
			return c;
		memmove(spare + 1, spare, (size_t)spare_n * sizeof *spare); /* later */
		spare[0] = (int)(c - conn);
		spare_n++;
	}
	return NULL;
}

/* What is due is sent; gives when the next one is. */
static int64_t send_due(int64_t now)
{
	for (; sent < total; sent++) {
		int64_t due = began + (int64_t)((double)sent * 1e6 / o.rate);
		struct conn *c = due <= now ? next_conn(now) : NULL;
		if (!c)
			return due;
		request(c, due);
	}
	return now + 10000;
}

static void run(void)
{
	struct epoll_event ev[256];
	/* before the clock runs: while the server's queue of new ones is full, connecting waits */
	for (int i = 0; i < o.conns; i++)
		conn_open(&conn[i]);
	began = now_us();
	int64_t last = began + (int64_t)(o.seconds * 1e6);
	for (;;) {
		int64_t now = now_us();
		bool sends = sent < total && now < last + LATE_US;
		if ((!sends && done == sent) || now > last + GRACE_US)
			break;
		int64_t due = sends ? send_due(now) : now + 10000;
		int64_t wait = due > now ? due - now : 100;
		struct timespec t = {.tv_sec = 0, .tv_nsec = (wait < 20000 ? wait : 20000) * 1000};
		int n = epoll_pwait2(poll_fd, ev, 256, &t, NULL);
		for (int i = 0; i < n; i++) {
			struct conn *c = ev[i].data.ptr;
			if (c->fd >= 0)
				on_readable(c);
		}
	}
	for (int i = 0; i < o.conns; i++)
		if (conn[i].busy)
			count(&conn[i], BROKEN, now_us());
}

/* --- what came of it -----------------------------------------------------------------------------
 */

static int by_size(const void *x, const void *y)
{
	uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;
	return (a > b) - (a < b);
}

static double ms(const uint32_t *v, size_t n, double p)
{
	size_t i = (size_t)((double)n * p);
	return n ? v[i < n ? i : n - 1] / 1000.0 : 0;
}

static void tell_times(const char *what, uint32_t *v, size_t n)
{
	qsort(v, n, sizeof *v, by_size);
	printf("\"%s\":{\"n\":%zu,\"p50\":%.3f,\"p99\":%.3f,\"p999\":%.3f,\"max\":%.3f},", what, n,
		ms(v, n, 0.5), ms(v, n, 0.99), ms(v, n, 0.999), ms(v, n, 1));
}

static void tell(void)
{
	uint32_t *all = make(total, sizeof *all);
	size_t n = 0;
	for (int k = 0; k < KINDS; k++) {
		memcpy(all + n, took[k], took_n[k] * sizeof *all);
		n += took_n[k];
	}
	printf("{");
	tell_times("all", all, n);
	n = 0;
	for (int k = DECIDED + 1; k < KINDS; k++) {
		memcpy(all + n, took[k], took_n[k] * sizeof *all);
		n += took_n[k];
	}
	tell_times("undecided", all, n);
	for (int k = 0; k < KINDS; k++)
		tell_times(KIND[k], took[k], took_n[k]);
	printf("\"began\":%" PRId64 ",\"sent\":%zu,\"unsent\":%zu,\"fresh\":%zu,\"bins\":[", began,
		sent, total - sent, o.first);
	for (size_t i = 0; i < bin_n; i++) {
		const uint32_t *b = bins + i * BIN;
		printf("%s[%u,%u,%u,%u,%.1f,%u]", i ? "," : "", b[DECIDED], b[OPENED], b[REFUSED],
			b[BROKEN], b[LONGEST] / 1000.0, b[CAME]);
	}
	printf("]}\n");
	free(all);
}

static void save_acks(void)
{
	FILE *f = fopen(o.acks, "w");
	if (!f)
		fail(o.acks);
	for (int is_new = 0; is_new < 2; is_new++) {
		const struct list *l = is_new ? &o.fresh : &o.stored;
		for (size_t i = 0; i < l->n; i++)
			if (acked[is_new][i])
				fprintf(f, "%.*s %u %u\n", (int)l->width - 1, l->p + i * l->width,
					acked[is_new][i], asked[is_new][i]);
	}
	if (fclose(f) != 0)
		fail(o.acks);
}

static void options(int argc, char **argv)
{
	for (int c; (c = getopt(argc, argv, "p:t:k:K:o:r:s:c:n:w:a:")) != -1;)
		switch (c) {
		case 'p': o.port = atoi(optarg); break;
		case 't': o.path = optarg; break;
		case 'k': o.stored = list_open(optarg); break;
		case 'K': o.fresh = list_open(optarg); break;
		case 'o': o.first = strtoul(optarg, NULL, 10); break;
		case 'r': o.rate = atof(optarg); break;
		case 's': o.seconds = atof(optarg); break;
		case 'c': o.conns = atoi(optarg); break;
		case 'n': o.name = optarg; break;
		case 'w': o.width = (int64_t)atoi(optarg) * 1000; break;
		case 'a': o.acks = optarg; break;
		default: exit(2);
		}
	errno = EINVAL;
	if (o.stored.n == 0 || o.rate <= 0 || o.conns < 1 || o.conns > CONNS_MAX)
		fail("options");
}

int main(int argc, char **argv)
{
	options(argc, argv);
	seed = (uint64_t)now_us() * UINT64_C(0x9E3779B97F4A7C15) | 1;
	total = (size_t)(o.rate * o.seconds);
	for (int k = 0; k < KINDS; k++)
		took[k] = make(total + CONNS_MAX, sizeof *took[k]);
	bin_n = o.width > 0 ? (size_t)(o.seconds * 1e6) / (size_t)o.width : 0;
	bins = make(bin_n * BIN, sizeof *bins);
	for (int is_new = 0; o.acks && is_new < 2; is_new++) {
		size_t n = is_new ? o.fresh.n : o.stored.n;
		acked[is_new] = make(n, sizeof *acked[is_new]);
		asked[is_new] = make(n, sizeof *asked[is_new]);
	}
	poll_fd = epoll_create1(EPOLL_CLOEXEC);
	conn = make((size_t)o.conns, sizeof *conn);
	spare = make((size_t)o.conns + 1, sizeof *spare);
	for (int i = 0; i < o.conns; i++) {
		conn[i].fd = -1;
		spare[spare_n++] = i;
	}
	run();
	tell();
	if (o.acks)
		save_acks();
	return 0;
}
