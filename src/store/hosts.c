/* store/hosts.c: the servers that a connection string names, one after the other. */
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "store/hosts.h"

#define HOSTS_MAX    16
#define PATIENCE_MIN 2 /* seconds, as libpq has it */

/* A part that is empty is left to libpq. */
struct place {
	char host[256], addr[80], port[16];
};

struct hosts {
	char *conninfo;
	struct place said[HOSTS_MAX], place[HOSTS_MAX]; /* as written; with names looked up */
	size_t said_n, place_n, turn;
	bool fresh;          /* nobody had a turn since the last rewind */
	bool is_service;     /* libpq reads more from a file */
	bool prefer_standby; /* all as "standby" first, then all as "any" */
	int64_t patience_ms;
};

static const char *word(const PQconninfoOption *o, const char *name)
{
	while (o->keyword && strcmp(o->keyword, name) != 0)
		o++;
	return o->keyword && o->val ? o->val : "";
}

static size_t items(const char *list)
{
	size_t n = list[0] != '\0';
	for (; *list; list++)
		n += *list == ',';
	return n;
}

/* The i-th item of a list; false when it does not fit. */
static bool item(char *to, size_t cap, const char *list, size_t i)
{
	for (; i > 0; i--)
		list = strchr(list, ',') + 1;
	size_t n = strcspn(list, ",");
	if (n >= cap)
		return false;
	memcpy(to, list, n);
	to[n] = '\0';
	return true;
}

/* libpq's own rules: hostaddr tells how many there are, else host; one port serves all. */
static enum err split(
	struct hosts *h, const char *host, const char *addr, const char *port, struct fault *f)
{
	size_t host_n = items(host), addr_n = items(addr), port_n = items(port);
	size_t n = addr_n ? addr_n : host_n ? host_n : 1;
	if ((host_n && host_n != n) || (port_n > 1 && port_n != n))
		return fault_set(f, ERR_CONF, "database.conninfo",
			"%zu host, %zu hostaddr and %zu port do not fit", host_n, addr_n, port_n);
	if (n > HOSTS_MAX)
		return fault_set(f, ERR_CONF, "database.conninfo", "at most %d servers", HOSTS_MAX);
	for (size_t i = 0; i < n; i++) {
		struct place *p = &h->said[i];
		if ((host_n && !item(p->host, sizeof p->host, host, i)) ||
			(addr_n && !item(p->addr, sizeof p->addr, addr, i)) ||
			(port_n && !item(p->port, sizeof p->port, port, port_n > 1 ? i : 0)))
			return fault_set(
				f, ERR_CONF, "database.conninfo", "a server's name is too long");
	}
	h->said_n = n;
	return OK;
}

static enum err read_words(struct hosts *h, const PQconninfoOption *words,
	const PQconninfoOption *defaults, struct fault *f)
{
	static const char *const PART[] = {"host", "hostaddr", "port", "target_session_attrs"};
	const char *part[ARRAY_N(PART)];
	h->is_service = word(words, "service")[0] != '\0';
	for (size_t i = 0; i < ARRAY_N(PART); i++) {
		part[i] = word(words, PART[i]);
		if (!part[i][0] && !h->is_service)
			part[i] = word(defaults, PART[i]);
	}
	int64_t patience_s = strtol(word(words, "connect_timeout"), NULL, 10);
	h->patience_ms = (patience_s > PATIENCE_MIN ? patience_s : PATIENCE_MIN) * 1000;
	h->prefer_standby = strcmp(part[3], "prefer-standby") == 0;
	return split(h, part[0], part[1], part[2], f);
}

enum err hosts_open(const char *conninfo, struct hosts **ret, struct fault *f)
{
	struct hosts *h = calloc(1, sizeof *h);
	PQconninfoOption *words = PQconninfoParse(conninfo, NULL), *defaults = PQconndefaults();
	enum err e = words ? ERR_NO_MEMORY : ERR_CONF;
	if (!words)
		fault_set(f, e, "database.conninfo", "libpq cannot read it as words");
	else if (h && defaults && (h->conninfo = strdup(conninfo)))
		e = read_words(h, words, defaults, f);
	else
		fault_set(f, e, NULL, "hosts");
	PQconninfoFree(words);
	PQconninfoFree(defaults);
	if (e != OK) {
		hosts_close(h);
		return e;
	}
	h->fresh = true;
	*ret = h;
	return OK;
}

void hosts_close(struct hosts *h)
{
	if (!h)
		return;
	free(h->conninfo);
	free(h);
}

/* A name with several addresses is several servers, and one that nobody knows now is none. */
static void look_up(struct hosts *h, const struct place *said)
{
	struct addrinfo hint = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM}, *all = NULL;
	if (!said->host[0] || said->addr[0] || strchr("/@", said->host[0])) {
		if (h->place_n < HOSTS_MAX)
			h->place[h->place_n++] = *said;
		return;
	}
	if (getaddrinfo(said->host, NULL, &hint, &all) != 0)
		return;
	for (struct addrinfo *a = all; a && h->place_n < HOSTS_MAX; a = a->ai_next) {
		struct place *p = &h->place[h->place_n];
		*p = *said;
		if (getnameinfo(a->ai_addr, a->ai_addrlen, p->addr, sizeof p->addr, NULL, 0,
			    NI_NUMERICHOST) == 0)
			h->place_n++;
	}
	freeaddrinfo(all);
}

static void begin_round(struct hosts *h)
{
	h->place_n = h->turn = 0;
	for (size_t i = 0; i < h->said_n; i++)
		look_up(h, &h->said[i]);
	if (h->place_n == 0)
		h->place[h->place_n++] = h->said[0]; /* libpq says that nobody knows it */
	h->fresh = false;
}

bool hosts_next(struct hosts *h)
{
	if (h->fresh)
		return true;
	h->turn++;
	if (h->turn < h->place_n * (h->prefer_standby ? 2 : 1))
		return true;
	hosts_rewind(h);
	return false;
}

void hosts_rewind(struct hosts *h)
{
	h->fresh = true;
}

static void add(struct buf *b, const char *name, const char *value)
{
	buf_addf(b, " %s='", name);
	for (; *value; value++) {
		if (*value == '\'' || *value == '\\')
			buf_addc(b, "\\");
		buf_add(b, (struct str){value, 1});
	}
	buf_addc(b, "'");
}

/* Words once more behind the string: of two the last wins, and an empty one keeps libpq from asking
 * its environment. */
static void add_place(struct buf *b, const struct hosts *h)
{
	const struct place *p = &h->place[h->turn % h->place_n];
	const struct {
		const char *name, *value;
	} PART[] = {{"host", p->host}, {"hostaddr", p->addr}, {"port", p->port}};
	for (size_t i = 0; i < ARRAY_N(PART); i++)
		if (PART[i].value[0] || !h->is_service)
			add(b, PART[i].name, PART[i].value);
	if (h->prefer_standby)
		add(b, "target_session_attrs", h->turn < h->place_n ? "standby" : "any");
}

/* The words of the server whose turn it is; caller frees. NULL: no memory. */
static char *words_now(struct hosts *h)
{
	if (h->fresh)
		begin_round(h);
	size_t cap = strlen(h->conninfo) + 2 * sizeof h->place[0] + 100;
	char *words = malloc(cap);
	if (!words)
		return NULL;
	struct buf b;
	buf_init(&b, words, cap - 1);
	buf_addc(&b, h->conninfo);
	add_place(&b, h);
	words[buf_str(&b).n] = '\0';
	return words;
}

static PGconn *with_words(struct hosts *h, PGconn *(*connect)(const char *conninfo))
{
	char *words = words_now(h);
	PGconn *conn = words ? connect(words) : NULL;
	free(words);
	return conn;
}

PGconn *hosts_start(struct hosts *h)
{
	return with_words(h, PQconnectStart);
}

PGconn *hosts_connect(struct hosts *h)
{
	return with_words(h, PQconnectdb);
}

dur_t hosts_patience(const struct hosts *h)
{
	return dur_ms(h->patience_ms);
}
