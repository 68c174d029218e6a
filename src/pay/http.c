/* pay/http.c: libcurl with every default that could hurt set by hand. */
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/crash.h"
#include "pay/http.h"

#define CONNECT_MS     3000L
#define SLOW_BYTES_S   50L
#define SLOW_S         30L /* longer than the provider may think before it answers */
#define IDLE_S         60L /* a connection kept longer than this is often dead */
#define WANT_BYTES_MAX 256

struct http {
	CURL *curl;
	pid_t pid;
};

/* What the callbacks of one exchange share. */
struct flow {
	const struct http_call *call;
	char *body;
	size_t body_n, body_cap;
	size_t header_n, header_bytes;
	const char *stop; /* why we ended the exchange ourselves */
	size_t want_n[HTTP_WANT_MAX];
	char want[HTTP_WANT_MAX][WANT_BYTES_MAX];
};

/* --- open and close --------------------------------------------------------------------------- */

enum err http_open(struct http **ret)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return ERR_NO_MEMORY;
	struct http *h = calloc(1, sizeof *h);
	if (h)
		h->curl = curl_easy_init();
	if (!h || !h->curl) {
		free(h);
		curl_global_cleanup();
		return ERR_NO_MEMORY;
	}
	h->pid = getpid();
	*ret = h;
	return OK;
}

void http_close(struct http *h)
{
	if (!h)
		return;
	curl_easy_cleanup(h->curl);
	free(h);
	curl_global_cleanup();
}

/* --- what comes in ---------------------------------------------------------------------------- */

static bool grow(struct flow *w, size_t need)
{
	size_t cap = w->body_cap ? w->body_cap : 8192;

	while (cap < need)
		cap *= 2;
	if (cap == w->body_cap)
		return true;
	char *p = realloc(w->body, cap);
	if (!p) {
		w->stop = "no memory for the answer";
		return false;
	}
	w->body = p;
	w->body_cap = cap;
	return true;
}

static size_t on_body(char *p, size_t one, size_t n, void *user)
{
	struct flow *w = user;

	n *= one;
	if (n > w->call->body_max - w->body_n) {
		w->stop = "the answer is too large";
		return 0;
	}
	if (n == 0 || !grow(w, w->body_n + n))
		return 0;
	memcpy(w->body + w->body_n, p, n);
	w->body_n += n;
	return n;
}

static void keep_wanted(struct flow *w, struct str line)
{
	struct str name;

	if (!memchr(line.p, ':', line.n) || !str_cut(&line, ':', &name))
		return;
	while (line.n > 0 && (line.p[line.n - 1] == '\n' || line.p[line.n - 1] == '\r'))
		line.n--;
	line = str_trim(line);
	for (size_t i = 0; i < HTTP_WANT_MAX && w->call->want[i]; i++)
		if (str_is_nocase(name, w->call->want[i]) && line.n <= WANT_BYTES_MAX) {
			if (line.n > 0)
				memcpy(w->want[i], line.p, line.n);
			w->want_n[i] = line.n;
		}
}

static size_t on_header(char *p, size_t one, size_t n, void *user)
{
	struct flow *w = user;

	n *= one;
	if (w->header_n == 0)
		CRASH_POINT("p.request_sent");
	w->header_bytes += n;
	if (++w->header_n > HTTP_HEADER_LINES_MAX || w->header_bytes > HTTP_HEADER_BYTES_MAX) {
		w->stop = "the answer has too many headers";
		return 0;
	}
	/* an interim answer (1xx) came before: what it said does not count */
	if (str_starts((struct str){p, n}, "HTTP/"))
		memset(w->want_n, 0, sizeof w->want_n);
	else if (n > 0)
		keep_wanted(w, (struct str){p, n});
	return n;
}

/* --- one exchange ----------------------------------------------------------------------------- */

static CURLcode set_method(CURL *h, const struct http_call *c)
{
	CURLcode r = CURLE_OK;

	if (strcmp(c->method, "GET") == 0)
		return curl_easy_setopt(h, CURLOPT_HTTPGET, 1L);
	if (strcmp(c->method, "POST") != 0)
		return curl_easy_setopt(h, CURLOPT_CUSTOMREQUEST, c->method);
	r |= curl_easy_setopt(h, CURLOPT_POST, 1L);
	r |= curl_easy_setopt(h, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)c->body.n);
	r |= curl_easy_setopt(h, CURLOPT_POSTFIELDS, c->body.n ? c->body.p : "");
	return r;
}

/* All results are or-ed: one that libcurl does not know would silently take a guard away. */
static CURLcode set_guards(CURL *h, const struct http_call *c)
{
	const char *schemes = c->plain ? "https,http" : "https";
	long ms = c->timeout_ms < 1 ? 1 : c->timeout_ms > 600000 ? 600000 : (long)c->timeout_ms;
	CURLcode r = CURLE_OK;

	r |= curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, schemes);
	r |= curl_easy_setopt(h, CURLOPT_REDIR_PROTOCOLS_STR, "https");
	r |= curl_easy_setopt(h, CURLOPT_FOLLOWLOCATION, 0L);
	r |= curl_easy_setopt(h, CURLOPT_PROXY, "");
	r |= curl_easy_setopt(h, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	r |= curl_easy_setopt(h, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	r |= curl_easy_setopt(h, CURLOPT_PATH_AS_IS, 1L);
	r |= curl_easy_setopt(h, CURLOPT_SSL_VERIFYPEER, 1L);
	r |= curl_easy_setopt(h, CURLOPT_SSL_VERIFYHOST, 2L);
	r |= curl_easy_setopt(h, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	r |= curl_easy_setopt(h, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	r |= curl_easy_setopt(h, CURLOPT_HTTP09_ALLOWED, 0L);
	r |= curl_easy_setopt(h, CURLOPT_ACCEPT_ENCODING, NULL);
	r |= curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
	r |= curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT_MS, ms < CONNECT_MS ? ms : CONNECT_MS);
	r |= curl_easy_setopt(h, CURLOPT_TIMEOUT_MS, ms);
	r |= curl_easy_setopt(h, CURLOPT_LOW_SPEED_LIMIT, SLOW_BYTES_S);
	r |= curl_easy_setopt(h, CURLOPT_LOW_SPEED_TIME, SLOW_S);
	r |= curl_easy_setopt(h, CURLOPT_MAXAGE_CONN, IDLE_S);
	r |= curl_easy_setopt(h, CURLOPT_TCP_KEEPALIVE, 1L);
	return r;
}

static CURLcode set_flow(
	CURL *h, const struct http_call *c, struct flow *w, struct curl_slist *list)
{
	CURLcode r = CURLE_OK;

	r |= curl_easy_setopt(h, CURLOPT_URL, c->url);
	r |= curl_easy_setopt(h, CURLOPT_HTTPHEADER, list);
	r |= curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, on_body);
	r |= curl_easy_setopt(h, CURLOPT_WRITEDATA, w);
	r |= curl_easy_setopt(h, CURLOPT_HEADERFUNCTION, on_header);
	r |= curl_easy_setopt(h, CURLOPT_HEADERDATA, w);
	return r;
}

/* libcurl may have tried more than once, so its last error alone does not tell that nothing left.
 */
static bool maybe_sent(CURL *h, CURLcode code)
{
	static const CURLcode unsent[] = {CURLE_UNSUPPORTED_PROTOCOL, CURLE_URL_MALFORMAT,
		CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_CONNECT,
		CURLE_OPERATION_TIMEDOUT, CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION,
		CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER, CURLE_SSL_CACERT_BADFILE,
		CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_ENGINE_INITFAILED,
		CURLE_FAILED_INIT, CURLE_OUT_OF_MEMORY};
	curl_off_t body = 0;
	long head = 0;

	curl_easy_getinfo(h, CURLINFO_SIZE_UPLOAD_T, &body);
	curl_easy_getinfo(h, CURLINFO_REQUEST_SIZE, &head);
	if (body > 0 || head > 0)
		return true;
	for (size_t i = 0; i < ARRAY_N(unsent); i++)
		if (code == unsent[i])
			return false;
	return true;
}

static void fail(struct http_got *ret, CURLcode code, const char *why)
{
	struct buf b;

	*ret = (struct http_got){.sent = ret->sent, .curl = (int)code};
	buf_init(&b, ret->error, sizeof ret->error - 1);
	buf_addf(&b, "curl %d: %.150s", (int)code, why ? why : curl_easy_strerror(code));
}

static void take(struct http *h, const struct flow *w, struct arena *a, struct http_got *ret)
{
	enum err e = arena_dup(a, (struct str){w->body, w->body_n}, &ret->body);

	for (size_t i = 0; i < HTTP_WANT_MAX && e == OK; i++)
		e = arena_dup(a, (struct str){w->want[i], w->want_n[i]}, &ret->want[i]);
	curl_easy_getinfo(h->curl, CURLINFO_RESPONSE_CODE, &ret->status);
	if (e != OK)
		fail(ret, CURLE_OUT_OF_MEMORY, "no memory for the answer");
	else if (ret->status == 0)
		fail(ret, CURLE_GOT_NOTHING, NULL);
}

void http_call(struct http *h, const struct http_call *c, struct arena *a, struct http_got *ret)
{
	struct curl_slist node[HTTP_SEND_MAX];
	struct flow w = {.call = c};
	size_t n = 0;

	ASSERT(h->pid == getpid());
	*ret = (struct http_got){0};
	for (; n < HTTP_SEND_MAX && c->header[n]; n++) {
		/* libcurl only reads the list; so the secret in it is not copied about */
		node[n] = (struct curl_slist){.data = (char *)(uintptr_t)c->header[n]};
		if (n > 0)
			node[n - 1].next = &node[n];
	}
	CURLcode code = set_guards(h->curl, c) | set_method(h->curl, c) |
			set_flow(h->curl, c, &w, n ? &node[0] : NULL);
	if (code != CURLE_OK) {
		fail(ret, CURLE_FAILED_INIT, "an option of libcurl is missing");
	} else {
		code = curl_easy_perform(h->curl);
		ret->sent = maybe_sent(h->curl, code);
		if (code == CURLE_OK)
			take(h, &w, a, ret);
		else
			fail(ret, code, w.stop);
	}
	curl_easy_reset(h->curl); /* keeps the connections, forgets our stack and the secret */
	free(w.body);
}

/* --- addresses -------------------------------------------------------------------------------- */

static bool is_port(struct str s)
{
	uint64_t v;

	return str_u64(s, 65535, &v) == OK && v > 0;
}

enum err http_base(struct str url, struct str *ret_host, bool *ret_plain)
{
	bool plain = str_starts(url, "http://");
	size_t skip = plain ? 7 : 8;

	if (!plain && !str_starts(url, "https://"))
		return ERR_CONF;
	struct str rest = {url.p + skip, url.n - skip}, host = rest;
	const char *end = rest.n && rest.p[0] == '[' ? memchr(rest.p, ']', rest.n) : NULL;
	if (end)
		host.n = (size_t)(end - rest.p) + 1;
	else if ((end = memchr(rest.p, ':', rest.n)))
		host.n = (size_t)(end - rest.p);
	struct str port = {rest.p + host.n, rest.n - host.n};
	if (host.n == 0 || !str_is_word(host, host.p[0] == '[' ? "[]:." : ".-"))
		return ERR_CONF;
	if (port.n && (port.p[0] != ':' || !is_port((struct str){port.p + 1, port.n - 1})))
		return ERR_CONF;
	*ret_host = host;
	*ret_plain = plain;
	return OK;
}

bool http_is_loopback(struct str host)
{
	struct str part;
	uint64_t v;
	int n = 0;

	if (str_is_nocase(host, "localhost") || str_is(host, "[::1]"))
		return true;
	if (!str_starts(host, "127.") || host.p[host.n - 1] == '.')
		return false;
	while (str_cut(&host, '.', &part))
		if (str_u64(part, 255, &v) != OK || ++n > 4)
			return false;
	return n == 4;
}
