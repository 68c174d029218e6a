/* pay/http.h: the one way out: a single guarded exchange over http or https.
 * Floor 2. No redirect, no proxy, no cookie, no decompression, no name or password from a file;
 * every size and time has an end. */
#ifndef PAY_HTTP_H
#define PAY_HTTP_H

#include "base/arena.h"
#include "base/clock.h"

#define HTTP_SEND_MAX         12 /* headers we send */
#define HTTP_WANT_MAX         4  /* headers of the answer we keep */
#define HTTP_HEADER_LINES_MAX 128
#define HTTP_HEADER_BYTES_MAX 32768

/* One libcurl handle with its connections: of the process that made it, never across a fork. */
struct http;
MUST enum err http_open(struct http **ret); /* fails ERR_NO_MEMORY */
void http_close(struct http *h);            /* NULL is fine */

struct http_call {
	const char *method;                /* GET POST DELETE */
	const char *url;                   /* absolute */
	bool plain;                        /* http is allowed beside https */
	const char *header[HTTP_SEND_MAX]; /* "Name: value", unused ones NULL at the end */
	struct str body;                   /* POST only */
	const char *want[HTTP_WANT_MAX];   /* lower-case names, unused ones NULL at the end */
	size_t body_max;                   /* of the answer */
	int64_t timeout_ms;                /* of the whole exchange, at least 1 */
};

struct http_got {
	bool sent; /* a byte of the request left, or that cannot be excluded */
	int curl;  /* CURLcode; 0 = a whole answer came, and only then the next three hold anything
		    */
	long status;
	struct str body, want[HTTP_WANT_MAX]; /* in the arena */
	char error[200];
};

/* http_call: one exchange.
 * deadline: timeout_ms, connecting at most 3 s of it. repeat: libcurl itself may send a request
 * again when a kept connection turns out to be dead, POST included; so a POST needs an idempotency
 * key. */
void http_call(struct http *h, const struct http_call *c, struct arena *a, struct http_got *ret);

/* http_base: the parts of "https://host[:port]" or "http://…", with nothing behind.
 *   gives  *ret_host (without port), *ret_plain true for http
 *   fails  ERR_CONF for anything else (path, user, odd characters) */
MUST enum err http_base(struct str url, struct str *ret_host, bool *ret_plain);
bool http_is_loopback(struct str host); /* 127.x.x.x, ::1 in brackets or localhost */

#endif
