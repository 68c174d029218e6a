/* main/fcgi.c: the one file that knows libfcgi. libfcgi alone has no time-out, no body limit and
 * accepts any role; see fcgi.h. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcgiapp.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "main/fcgi.h"

#define ROLE_RESPONDER  1
#define PARAM_BYTES_MAX 65536
#define PARAMS_MAX      256
#define DRAIN_MAX       (1 << 20)

/* Officially private fields that we set; their place is checked here, so that another libfcgi fails
 * to build instead of to run. */
_Static_assert(offsetof(FCGX_Request, ipcFd) > offsetof(FCGX_Request, envp), "libfcgi changed");
_Static_assert(sizeof(((FCGX_Request *)0)->keepConnection) == sizeof(int), "libfcgi changed");

struct fcgi {
	FCGX_Request req;
	bool keep, open; /* open: a request was read and not answered */
	size_t param_n;
	uint32_t name_n[PARAMS_MAX]; /* lengths of the names in req.envp */
};

enum err fcgi_start(void)
{
	setenv("LIBFCGI_OS_CLOSE_POLL_TIMEOUT", "0",
		1); /* else each close may wait 2 s for the peer */
	return FCGX_Init() == 0 ? OK : ERR_IO;
}

static enum err check_family(int fd, struct fault *f)
{
	struct sockaddr_storage a = {0};
	socklen_t n = sizeof a;
	int listening = 0;
	socklen_t ln = sizeof listening;
	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &ln) != 0 || !listening ||
		getsockname(fd, (struct sockaddr *)&a, &n) != 0)
		return fault_set(f, ERR_CONF, NULL,
			"descriptor %d is not a listening socket (start by spawn-fcgi, multiwatch "
			"or systemd)",
			fd);
	if (a.ss_family == AF_UNIX)
		return OK;
	if (a.ss_family == AF_INET &&
		ntohl(((struct sockaddr_in *)(void *)&a)->sin_addr.s_addr) >> 24 == 127)
		return OK;
	if (a.ss_family == AF_INET6 &&
		IN6_IS_ADDR_LOOPBACK(&((struct sockaddr_in6 *)(void *)&a)->sin6_addr))
		return OK;
	return fault_set(f, ERR_CONF, NULL,
		"the socket is reachable from outside; FastCGI has no authentication");
}

enum err fcgi_listener(int *ret_fd, struct fault *f)
{
	const char *fds = getenv("LISTEN_FDS"), *pid = getenv("LISTEN_PID");
	int fd = fds && atoi(fds) == 1 && (!pid || atol(pid) == (long)getpid()) ? 3 : 0;
	enum err e = check_family(fd, f);
	if (e != OK)
		return e;
	int flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0)
		return fault_set(f, ERR_IO, NULL, "fcntl: %s", strerror(errno));
	*ret_fd = fd;
	return OK;
}

struct fcgi *fcgi_accept(int listener, int64_t io_ms, bool keep)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (fd < 0)
		return NULL;
	struct timeval tv = {.tv_sec = io_ms / 1000, .tv_usec = (io_ms % 1000) * 1000};
	struct fcgi *c = calloc(1, sizeof *c);
	if (!c || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv) != 0 ||
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof tv) != 0 ||
		FCGX_InitRequest(&c->req, -1, FCGI_FAIL_ACCEPT_ON_INTR) != 0) {
		close(fd);
		free(c);
		return NULL;
	}
	c->req.ipcFd = fd;
	c->req.keepConnection =
		1; /* FCGX_Accept_r finishes first, which would close what is not kept */
	c->keep = keep;
	return c;
}

bool fcgi_is_short(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

int fcgi_fd(const struct fcgi *c)
{
	return c->req.ipcFd;
}

bool fcgi_is_silent(const struct fcgi *c)
{
	char byte;
	return recv(fcgi_fd(c), &byte, 1, MSG_PEEK | MSG_DONTWAIT) <= 0;
}

void fcgi_free(struct fcgi *c)
{
	if (!c)
		return;
	if (c->req.ipcFd >= 0) {
		int fd = c->req.ipcFd;
		FCGX_Free(&c->req, 0);
		close(fd);
	}
	free(c);
}

static const char *param(void *arg, const char *name)
{
	const struct fcgi *c = arg;
	size_t n = strlen(name);
	for (size_t i = 0; i < c->param_n; i++)
		if (c->name_n[i] == n && memcmp(c->req.envp[i], name, n) == 0)
			return c->req.envp[i] + n + 1;
	return NULL;
}

/* Measures the names: each request looks for many. */
static bool params_fit(struct fcgi *c)
{
	size_t bytes = 0;
	for (c->param_n = 0; c->req.envp[c->param_n]; c->param_n++) {
		const char *p = c->req.envp[c->param_n], *end = strchr(p, '=');
		size_t n = end ? (size_t)(end - p) : 0;
		bytes += n + (end ? strlen(end) : 0);
		if (c->param_n == PARAMS_MAX || bytes > PARAM_BYTES_MAX)
			return false;
		c->name_n[c->param_n] = (uint32_t)n;
	}
	return true;
}

enum err fcgi_read(struct fcgi *c, struct request *q)
{
	int r = FCGX_Accept_r(&c->req);
	/* after a time-out in the middle of the parameters libfcgi may hand over the part that it
	 * has */
	if (r != 0 || !c->req.in || FCGX_GetError(c->req.in) != 0)
		return ERR_IO;
	c->open = true;
	q->now = clock_utc();
	q->start = clock_mono();
	bool fit = params_fit(c);
	request_fill(q, param, c);
	if (fit && c->req.role == ROLE_RESPONDER)
		return OK;
	q->path = STR("");
	return c->req.role != ROLE_RESPONDER ? ERR_BAD_METHOD : ERR_TOO_LONG;
}

/* Read what the peer still sends: an answer before the end of a POST becomes a 502 at nginx. */
static bool drain(struct fcgi *c)
{
	char waste[4096];
	for (size_t n = 0; n < DRAIN_MAX;) {
		int k = FCGX_GetStr(waste, sizeof waste, c->req.in);
		if (k <= 0)
			return FCGX_GetError(c->req.in) == 0;
		n += (size_t)k;
	}
	return false;
}

enum err fcgi_body(struct fcgi *c, struct request *q, size_t limit)
{
	uint64_t want = 0;
	q->body = STR("");
	if (q->content_length.n && str_u64(q->content_length, INT64_MAX, &want) != OK)
		return ERR_BODY_CUT;
	if (want > limit) {
		drain(c);
		return ERR_BODY_TOO_LARGE;
	}
	char *p = want ? arena_alloc(q->arena, (size_t)want) : NULL;
	if (want && !p) {
		drain(c);
		return ERR_NO_MEMORY;
	}
	size_t n = 0;
	while (n < want) {
		int k = FCGX_GetStr(p + n, (int)(want - n), c->req.in);
		if (k <= 0)
			break;
		n += (size_t)k;
	}
	bool more = FCGX_GetChar(c->req.in) != EOF;
	if (more)
		drain(c);
	if (n != want || more || FCGX_GetError(c->req.in) != 0)
		return ERR_BODY_CUT;
	q->body = (struct str){p, n};
	return OK;
}

static void put_head(struct fcgi *c, const struct response *r, size_t body_n)
{
	BUF_ON(head, 256);
	buf_addf(&head, "Status: %d\r\n", r->status);
	if (r->type)
		buf_addf(&head,
			"Content-Type: %s\r\nContent-Length: %d\r\nX-Content-Type-Options: "
			"nosniff\r\n",
			r->type, (int)body_n);
	FCGX_PutStr(head.p, (int)buf_str(&head).n, c->req.out);
	FCGX_PutStr(r->head.p, (int)buf_str(&r->head).n, c->req.out);
	FCGX_PutStr("\r\n", 2, c->req.out);
}

bool fcgi_answer(struct fcgi *c, const struct request *q, const struct response *r)
{
	if (!c->open)
		return false;
	c->open = false;
	struct str body = r->type ? buf_str(&r->body) : STR("");
	put_head(c, r, body.n);
	if (!request_is_head(q))
		FCGX_PutStr(body.p ? body.p : "", (int)body.n, c->req.out);
	bool again = c->keep && c->req.keepConnection;
	c->req.keepConnection = 1; /* we close ourselves: libfcgi's close can wait */
	FCGX_Finish_r(&c->req);
	return again && c->req.ipcFd >= 0;
}
