/* The one call, against a peer on loopback that does what peers do. Nothing here measures time. */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "pay/pays.h"

#define NEVER_MS 60000 /* a limit that no test may reach */
#define SOON_MS 300    /* a limit that a test wants to reach */

/* --- the peer ---------------------------------------------------------------------------------- */

struct peer {
	pid_t pid;
	int listen, log; /* log: each request as the peer read it, with a NUL behind */
	uint16_t port;
};

typedef void script(int listen, int log);

static int listen_on_loopback(uint16_t *ret_port)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof at;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, n), 0);
	assert_int_equal(listen(fd, 8), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &n), 0);
	*ret_port = ntohs(at.sin_port);
	return fd;
}

static struct peer start(script *does)
{
	struct peer p;
	int ends[2];

	p.listen = listen_on_loopback(&p.port);
	assert_int_equal(pipe(ends), 0);
	fflush(NULL);
	p.pid = fork();
	assert_true(p.pid >= 0);
	if (p.pid == 0) {
		close(ends[0]);
		signal(SIGPIPE, SIG_IGN);
		does(p.listen, ends[1]);
		_exit(0);
	}
	close(ends[1]);
	close(p.listen);
	p.log = ends[0];
	return p;
}

/* The peer's log, whole: the requests it read, one behind the other. */
static size_t stop(struct peer *p, char *log, size_t cap)
{
	size_t n = 0;
	ssize_t got;

	kill(p->pid, SIGKILL);
	assert_int_equal(waitpid(p->pid, NULL, 0), p->pid);
	while (n < cap - 1 && (got = read(p->log, log + n, cap - 1 - n)) > 0)
		n += (size_t)got;
	close(p->log);
	log[n] = 0;
	return n;
}

/* A whole request, told to the log. False when there is none any more. */
static bool read_request(int fd, int log)
{
	static char text[16384];
	size_t n = 0, whole = 0;

	while (n < sizeof text - 1 && (whole == 0 || n < whole)) {
		ssize_t got = read(fd, text + n, sizeof text - 1 - n);
		if (got <= 0)
			return false;
		n += (size_t)got;
		text[n] = 0;
		char *end = strstr(text, "\r\n\r\n"), *length = strcasestr(text, "\r\ncontent-length:");
		if (end)
			whole = (size_t)(end + 4 - text) + (length && length < end ? strtoul(length + 17, NULL, 10) : 0);
	}
	return write(log, text, n + 1) == (ssize_t)n + 1;
}

static void say(int fd, const char *text)
{
	size_t n = strlen(text);

	while (n > 0) {
		ssize_t put = write(fd, text, n);
		if (put <= 0)
			_exit(0);
		text += put;
		n -= (size_t)put;
	}
}

static void reset(int fd)
{
	struct linger hard = {1, 0};

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
	close(fd);
}

static void wait_for_end(void)
{
	for (;;)
		pause();
}

/* Answers each request of a connection with the same text, then waits to be ended. */
static void answer(int listen, int log, const char *text)
{
	int fd = accept(listen, NULL, NULL);

	while (read_request(fd, log))
		say(fd, text);
	wait_for_end();
}

/* Answers one request, and ends the connection behind it. */
static void answer_and_close(int listen, int log, const char *text)
{
	int fd = accept(listen, NULL, NULL);

	(void)!read_request(fd, log);
	say(fd, text);
	close(fd);
	wait_for_end();
}

/* --- the caller -------------------------------------------------------------------------------- */

static struct arena arena;
static char heard[65536];
static size_t heard_n;

static int set_up(void **state)
{
	(void)state;
	return arena_init(&arena, 3 << 20) == OK ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	arena_fini(&arena);
	return 0;
}

static struct pay *open_to(const char *scheme, uint16_t port)
{
	struct conf c = {.role = CONF_ROLE_CLERK};
	char url[64];
	struct fault f;
	struct pay *p;

	snprintf(url, sizeof url, "%s://127.0.0.1:%u", scheme, (unsigned)port);
	c.text[CONF_stripe_base_url] = url;
	c.text[CONF_stripe_checkout_host] = (char *)"checkout.stripe.com";
	c.text[CONF_stripe_portal_host] = (char *)"billing.stripe.com";
	c.text[CONF_stripe_api_version] = (char *)"2026-10-28.endive";
	c.text[CONF_stripe_key_file] = (char *)"sk_test_abc";
	c.text_n[CONF_stripe_key_file] = 11;
	c.num[CONF_stripe_tolerance_s] = 300;
	assert_int_equal(pay_open(&c, STR("stripe"), &p, &f), OK);
	return p;
}

static const struct pay_request post = {"POST", STR("/v1/checkout/sessions"), STR("mode=payment&x=1"), STR("co-pl_01-1"), OP_create};
static const struct pay_request get = {"GET", STR("/v1/checkout/sessions/cs_1?expand[0]=payment_intent"), {NULL, 0}, {NULL, 0}, OP_fetch};

/* One call to one peer; what the peer read is in heard. */
static struct pay_answer call(script *does, const struct pay_request *q, int64_t timeout_ms)
{
	struct peer peer = start(does);
	struct pay *p = open_to("http", peer.port);
	struct pay_answer ans;

	arena_reset(&arena);
	pay_call(p, q, timeout_ms, &arena, &ans);
	pay_close(p);
	heard_n = stop(&peer, heard, sizeof heard);
	return ans;
}

static void is_unknown(const struct pay_answer *ans)
{
	assert_int_not_equal(ans->curl, 0);
	assert_true(ans->sent);
	assert_int_equal(ans->status, 0);
	assert_int_equal(ans->body.n, 0);
	assert_true(ans->error[0] != 0);
	assert_int_equal(pay_outcome(ans), PAY_UNKNOWN);
}

/* --- what goes out ----------------------------------------------------------------------------- */

#define FINE "HTTP/1.1 200 OK\r\nContent-Length: 11\r\nRequest-Id: req_1\r\nStripe-Should-Retry:  false \r\n" \
	"Retry-After: 7\r\n\r\n{\"id\":\"x\"}\n"

static void fine(int listen, int log)
{
	answer(listen, log, FINE);
}

static void a_post_has_the_official_headers(void **state)
{
	static const char *const lines[] = {"\r\nAuthorization: Bearer sk_test_abc\r\n",
	    "\r\nContent-Type: application/x-www-form-urlencoded\r\n", "\r\nStripe-Version: 2026-10-28.endive\r\n",
	    "\r\nIdempotency-Key: co-pl_01-1\r\n", "\r\nAccept: application/json\r\n", "\r\nUser-Agent: pledged/",
	    "\r\nContent-Length: 16\r\n"};
	struct pay_answer ans = call(fine, &post, NEVER_MS);

	(void)state;
	assert_int_equal(ans.curl, 0);
	assert_true(ans.sent);
	assert_false(ans.read);
	assert_int_equal(ans.status, 200);
	assert_int_equal(pay_outcome(&ans), PAY_OK);
	assert_true(str_is(ans.body, "{\"id\":\"x\"}\n"));
	assert_true(str_is(ans.request_id, "req_1"));
	assert_true(str_is(ans.should_retry, "false"));
	assert_int_equal(ans.retry_after_s, 7);
	assert_string_equal(ans.error, "");
	assert_true(str_starts(str_c(heard), "POST /v1/checkout/sessions HTTP/1.1\r\n"));
	for (size_t i = 0; i < ARRAY_N(lines); i++)
		if (!strstr(heard, lines[i]))
			fail_msg("no %s", lines[i]);
	assert_null(strcasestr(heard, "\r\nexpect:"));
	assert_null(strcasestr(heard, "\r\naccept-encoding:"));
	assert_null(strcasestr(heard, "\r\ncookie:"));
	assert_string_equal(strstr(heard, "\r\n\r\n") + 4, "mode=payment&x=1");
}

static void a_get_has_brackets_and_no_key(void **state)
{
	struct pay_answer ans = call(fine, &get, NEVER_MS);

	(void)state;
	assert_true(ans.read);
	assert_int_equal(ans.status, 200);
	assert_true(str_starts(str_c(heard), "GET /v1/checkout/sessions/cs_1?expand[0]=payment_intent HTTP/1.1\r\n"));
	assert_non_null(strstr(heard, "\r\nContent-Type: application/x-www-form-urlencoded\r\n"));
	assert_null(strcasestr(heard, "idempotency-key"));
	assert_null(strcasestr(heard, "content-length"));
}

static void a_delete_is_a_delete(void **state)
{
	struct pay_request q = {"DELETE", STR("/v1/subscriptions/sub_1"), {NULL, 0}, {NULL, 0}, OP_other};
	struct pay_answer ans = call(fine, &q, NEVER_MS);

	(void)state;
	assert_int_equal(ans.status, 200);
	assert_true(str_starts(str_c(heard), "DELETE /v1/subscriptions/sub_1 HTTP/1.1\r\n"));
}

static void an_empty_post_has_length_0(void **state)
{
	struct pay_request q = {"POST", STR("/v1/checkout/sessions/cs_1/expire"), {NULL, 0}, STR("v1:expire:1"), OP_other};
	struct pay_answer ans = call(fine, &q, NEVER_MS);

	(void)state;
	assert_int_equal(ans.status, 200);
	assert_non_null(strstr(heard, "\r\nContent-Length: 0\r\n"));
}

/* Each of these would put something into the request that we did not mean. */
static void unsound_requests_never_leave(void **state)
{
	static char path[2050];
	memset(path, 'a', sizeof path - 1);
	path[0] = '/';
	const struct pay_request rows[] = {
	    {"PUT", STR("/v1/x"), {NULL, 0}, {NULL, 0}, OP_other},
	    {"GET", STR(""), {NULL, 0}, {NULL, 0}, OP_other},
	    {"GET", STR("v1/x"), {NULL, 0}, {NULL, 0}, OP_other},
	    {"GET", STR("@evil.example/"), {NULL, 0}, {NULL, 0}, OP_other},
	    {"GET", STR("/v1/x HTTP/1.1\r\nX: y"), {NULL, 0}, {NULL, 0}, OP_other},
	    {"GET", STR("/v1/\0x"), {NULL, 0}, {NULL, 0}, OP_other},
	    {"GET", STR("/v1/é"), {NULL, 0}, {NULL, 0}, OP_other},
	    {"GET", STR("/v1/x#y"), {NULL, 0}, {NULL, 0}, OP_other},
	    {"GET", {path, sizeof path - 1}, {NULL, 0}, {NULL, 0}, OP_other},
	    {"POST", STR("/v1/x"), {NULL, 0}, STR("a\r\nX: y"), OP_other},
	    {"POST", STR("/v1/x"), {NULL, 0}, STR("a b"), OP_other},
	    {"POST", STR("/v1/x"), {NULL, 0}, {path, 256}, OP_other},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		struct pay_answer ans = call(fine, &rows[i], NEVER_MS);
		if (heard_n != 0)
			fail_msg("row %zu left: %s", i, heard);
		assert_false(ans.sent);
		assert_int_not_equal(ans.curl, 0);
	}
}

static void the_environments_proxy_has_no_say(void **state)
{
	static const char *const names[] = {"http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"};

	(void)state;
	unsetenv("no_proxy");
	unsetenv("NO_PROXY");
	for (size_t i = 0; i < ARRAY_N(names); i++)
		setenv(names[i], "http://127.0.0.1:1", 1);
	struct pay_answer ans = call(fine, &post, NEVER_MS);
	for (size_t i = 0; i < ARRAY_N(names); i++)
		unsetenv(names[i]);
	assert_int_equal(ans.status, 200);
	assert_true(str_starts(str_c(heard), "POST /v1/"));
}

/* --- connections ------------------------------------------------------------------------------- */

/* (case 11) */
static void nobody_listens(void **state)
{
	struct pay_answer ans;
	uint16_t port;
	int fd = listen_on_loopback(&port);

	(void)state;
	close(fd);
	struct pay *p = open_to("http", port);
	pay_call(p, &post, NEVER_MS, &arena, &ans);
	pay_close(p);
	assert_int_not_equal(ans.curl, 0);
	assert_false(ans.sent);
	assert_int_equal(pay_outcome(&ans), PAY_RETRY);
}

static void no_tls(int listen, int log)
{
	(void)log;
	int fd = accept(listen, NULL, NULL);
	char some[16];

	(void)!read(fd, some, sizeof some);
	say(fd, "HTTP/1.1 400 Bad Request\r\n\r\n");
	close(fd);
	wait_for_end();
}

static void a_failed_handshake_sent_nothing(void **state)
{
	struct peer peer = start(no_tls);
	struct pay *p = open_to("https", peer.port);
	struct pay_answer ans;

	(void)state;
	pay_call(p, &post, NEVER_MS, &arena, &ans);
	pay_close(p);
	stop(&peer, heard, sizeof heard);
	assert_int_not_equal(ans.curl, 0);
	assert_false(ans.sent);
	assert_int_equal(pay_outcome(&ans), PAY_RETRY);
}

static void silent_in_tls(int listen, int log)
{
	(void)log;
	(void)!accept(listen, NULL, NULL);
	wait_for_end();
}

static void a_timeout_in_the_handshake_sent_nothing(void **state)
{
	struct peer peer = start(silent_in_tls);
	struct pay *p = open_to("https", peer.port);
	struct pay_answer ans;

	(void)state;
	pay_call(p, &post, SOON_MS, &arena, &ans);
	pay_close(p);
	stop(&peer, heard, sizeof heard);
	assert_int_not_equal(ans.curl, 0);
	assert_false(ans.sent);
	assert_int_equal(pay_outcome(&ans), PAY_RETRY);
}

static size_t count(const char *part)
{
	size_t n = 0;

	for (size_t i = 0; i + strlen(part) <= heard_n; i++)
		n += memcmp(heard + i, part, strlen(part)) == 0;
	return n;
}

static void one_connection(int listen, int log)
{
	int fd = accept(listen, NULL, NULL);

	close(listen);
	while (read_request(fd, log))
		say(fd, FINE);
	wait_for_end();
}

static void the_connection_is_kept(void **state)
{
	struct peer peer = start(one_connection);
	struct pay *p = open_to("http", peer.port);
	struct pay_answer ans;

	(void)state;
	for (int i = 0; i < 3; i++) {
		pay_call(p, &post, NEVER_MS, &arena, &ans);
		assert_int_equal(ans.status, 200);
	}
	pay_close(p);
	heard_n = stop(&peer, heard, sizeof heard);
	assert_int_equal(count("POST /v1/"), 3);
}

/* Nothing of one call may stay in the handle for the next. */
static void calls_do_not_colour_each_other(void **state)
{
	const struct pay_request end = {"DELETE", STR("/v1/subscriptions/sub_1"), {NULL, 0}, {NULL, 0}, OP_other};
	const struct pay_request *const order[] = {&end, &post, &get, &end, &get};
	struct peer peer = start(one_connection);
	struct pay *p = open_to("http", peer.port);
	struct pay_answer ans;
	const char *at = heard;

	(void)state;
	for (size_t i = 0; i < ARRAY_N(order); i++) {
		pay_call(p, order[i], NEVER_MS, &arena, &ans);
		assert_int_equal(ans.status, 200);
	}
	pay_close(p);
	heard_n = stop(&peer, heard, sizeof heard);
	for (size_t i = 0; i < ARRAY_N(order); at += strlen(at) + 1, i++) {
		assert_true(str_starts(str_c(at), order[i]->method));
		assert_int_equal(strstr(at, "Idempotency-Key") != NULL, order[i] == &post);
		assert_string_equal(strstr(at, "\r\n\r\n") + 4, order[i] == &post ? "mode=payment&x=1" : "");
	}
}

/* Answers once, then lets the kept connection die with the second request in it. */
static void dies_while_kept(int listen, int log)
{
	int fd = accept(listen, NULL, NULL);

	(void)!read_request(fd, log);
	say(fd, FINE);
	(void)!read_request(fd, log);
	close(fd);
	answer(listen, log, FINE);
}

/* libcurl sends the POST again by itself: so both must be the same, key included. */
static void a_silent_repeat_is_the_same_request(void **state)
{
	struct peer peer = start(dies_while_kept);
	struct pay *p = open_to("http", peer.port);
	struct pay_answer ans;

	(void)state;
	pay_call(p, &get, NEVER_MS, &arena, &ans);
	assert_int_equal(ans.status, 200);
	pay_call(p, &post, NEVER_MS, &arena, &ans);
	assert_int_equal(ans.status, 200);
	pay_close(p);
	heard_n = stop(&peer, heard, sizeof heard);
	size_t first = strlen(heard) + 1, second = first + strlen(heard + first) + 1;
	assert_true(second < heard_n);
	assert_string_equal(heard + first, heard + second);
	assert_int_equal(count("Idempotency-Key: co-pl_01-1\r\n"), 2);
}

static void dies_for_good(int listen, int log)
{
	int fd = accept(listen, NULL, NULL);

	(void)!read_request(fd, log);
	say(fd, FINE);
	(void)!read_request(fd, log);
	close(listen);
	close(fd);
	wait_for_end();
}

/* The last error is "could not connect", and yet the request has left. */
static void a_repeat_that_finds_nobody_is_unknown(void **state)
{
	struct peer peer = start(dies_for_good);
	struct pay *p = open_to("http", peer.port);
	struct pay_answer ans;

	(void)state;
	pay_call(p, &get, NEVER_MS, &arena, &ans);
	assert_int_equal(ans.status, 200);
	pay_call(p, &post, NEVER_MS, &arena, &ans);
	pay_close(p);
	heard_n = stop(&peer, heard, sizeof heard);
	assert_int_equal(count("Idempotency-Key: co-pl_01-1\r\n"), 1);
	is_unknown(&ans);
}

/* --- answers that do not come ------------------------------------------------------------------ */

static void silent(int listen, int log)
{
	answer(listen, log, "");
}

static void half_a_head(int listen, int log)
{
	answer(listen, log, "HTTP/1.1 200 OK\r\nContent-Le");
}

static void half_a_body(int listen, int log)
{
	answer(listen, log, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"id\":");
}

static void a_slow_answer_is_unknown(void **state)
{
	static script *const rows[] = {silent, half_a_head, half_a_body};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		struct pay_answer ans = call(rows[i], &post, SOON_MS);
		is_unknown(&ans);
		assert_int_equal(ans.curl, 28);
		assert_true(heard_n > 0);
	}
}

static void no_limit_is_the_shortest_one(void **state)
{
	struct pay_answer ans = call(silent, &post, 0);

	(void)state;
	assert_int_equal(ans.curl, 28);
	ans = call(silent, &post, -5);
	assert_int_equal(ans.curl, 28);
}

static void resets_before(int listen, int log)
{
	(void)log;
	reset(accept(listen, NULL, NULL));
	wait_for_end();
}

static void resets_after(int listen, int log)
{
	int fd = accept(listen, NULL, NULL);

	(void)!read_request(fd, log);
	reset(fd);
	wait_for_end();
}

static void closes_after(int listen, int log)
{
	answer_and_close(listen, log, "");
}

static void resets_in_the_answer(int listen, int log)
{
	int fd = accept(listen, NULL, NULL);

	(void)!read_request(fd, log);
	say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"id\":");
	reset(fd);
	wait_for_end();
}

static void cut_short(int listen, int log)
{
	answer_and_close(listen, log, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"id\":\"x\"}");
}

static void cut_in_a_chunk(int listen, int log)
{
	answer_and_close(listen, log, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{\"id\":");
}

static void rubbish_for_a_chunk(int listen, int log)
{
	answer_and_close(listen, log, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{\"id\":\"x\"}\r\n0\r\n\r\n");
}

static void no_http(int listen, int log)
{
	answer_and_close(listen, log, "220 mail.example ESMTP\r\n");
}

/* (case 13) */
static void a_broken_answer_is_unknown(void **state)
{
	static const struct { const char *name; script *does; } rows[] = {{"resets before", resets_before},
	    {"resets after", resets_after}, {"closes after", closes_after}, {"resets in the answer", resets_in_the_answer},
	    {"cut short", cut_short}, {"cut in a chunk", cut_in_a_chunk}, {"rubbish for a chunk", rubbish_for_a_chunk},
	    {"no http", no_http}};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		struct pay_answer ans = call(rows[i].does, &post, NEVER_MS);
		/* the reset may come while we still connect: then surely nothing was sent */
		if (rows[i].does == resets_before && ans.curl == 7) {
			assert_int_equal(pay_outcome(&ans), PAY_RETRY);
			continue;
		}
		if (ans.curl == 0 || pay_outcome(&ans) != PAY_UNKNOWN)
			fail_msg("%s: curl %d status %ld", rows[i].name, ans.curl, ans.status);
		is_unknown(&ans);
	}
}

/* --- answers that are too much ----------------------------------------------------------------- */

static void endless(int listen, int log, const char *head, const char *line)
{
	int fd = accept(listen, NULL, NULL);

	(void)!read_request(fd, log);
	say(fd, head);
	for (;;)
		say(fd, line);
}

#define LINE64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static void endless_body(int listen, int log)
{
	endless(listen, log, "HTTP/1.1 200 OK\r\n\r\n", LINE64 LINE64);
}

static void endless_chunks(int listen, int log)
{
	endless(listen, log, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "40\r\n" LINE64 "\r\n");
}

static void endless_headers(int listen, int log)
{
	endless(listen, log, "HTTP/1.1 200 OK\r\n", "X: y\r\n");
}

static void many_headers(int listen, int log)
{
	int fd = accept(listen, NULL, NULL);

	(void)!read_request(fd, log);
	say(fd, "HTTP/1.1 200 OK\r\n");
	for (int i = 0; i < 128; i++)
		say(fd, "X: y\r\n");
	say(fd, "Content-Length: 0\r\n\r\n");
	wait_for_end();
}

static void large_headers(int listen, int log)
{
	int fd = accept(listen, NULL, NULL);

	(void)!read_request(fd, log);
	say(fd, "HTTP/1.1 200 OK\r\n");
	for (int i = 0; i < 65; i++)
		say(fd, "X: " LINE64 LINE64 LINE64 LINE64 LINE64 LINE64 LINE64 LINE64 "\r\n");
	say(fd, "Content-Length: 0\r\n\r\n");
	wait_for_end();
}

static void endless_header(int listen, int log)
{
	endless(listen, log, "HTTP/1.1 200 OK\r\nX: ", LINE64);
}

static void endless_hints(int listen, int log)
{
	endless(listen, log, "", "HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n");
}

static void too_much_is_unknown(void **state)
{
	static const struct { const char *name; script *does; } rows[] = {{"body", endless_body}, {"chunks", endless_chunks},
	    {"headers", endless_headers}, {"many headers", many_headers}, {"large headers", large_headers}, {"header", endless_header}, {"hints", endless_hints}};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		struct pay_answer ans = call(rows[i].does, &post, NEVER_MS);
		if (ans.curl == 0 || ans.curl == 28)
			fail_msg("%s: curl %d status %ld", rows[i].name, ans.curl, ans.status);
		is_unknown(&ans);
	}
}

static void body_of(int listen, int log, size_t n)
{
	int fd = accept(listen, NULL, NULL);

	(void)!read_request(fd, log);
	say(fd, "HTTP/1.1 200 OK\r\n\r\n");
	for (; n % 64 > 0; n--)
		say(fd, "a");
	for (; n > 0; n -= 64)
		say(fd, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
	close(fd);
	wait_for_end();
}

static void body_of_the_limit(int listen, int log)
{
	body_of(listen, log, PAY_ANSWER_MAX);
}

static void body_over_the_limit(int listen, int log)
{
	body_of(listen, log, PAY_ANSWER_MAX + 1);
}

static void the_limit_is_exact(void **state)
{
	struct pay_answer ans = call(body_of_the_limit, &get, NEVER_MS);

	(void)state;
	assert_int_equal(ans.curl, 0);
	assert_int_equal(ans.body.n, PAY_ANSWER_MAX);
	ans = call(body_over_the_limit, &get, NEVER_MS);
	is_unknown(&ans);
	assert_non_null(strstr(ans.error, "too large"));
}

static void an_arena_too_small_is_unknown(void **state)
{
	struct arena small;

	(void)state;
	assert_int_equal(arena_init(&small, 16), OK);
	struct peer peer = start(fine);
	struct pay *p = open_to("http", peer.port);
	struct pay_answer ans;
	pay_call(p, &post, NEVER_MS, &small, &ans);
	pay_close(p);
	stop(&peer, heard, sizeof heard);
	arena_fini(&small);
	is_unknown(&ans);
}

/* --- answers that mean something else ---------------------------------------------------------- */

static uint16_t elsewhere;

static void redirects(int listen, int log)
{
	char text[128];

	snprintf(text, sizeof text, "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:%u/\r\nContent-Length: 0\r\n\r\n",
	    (unsigned)elsewhere);
	answer(listen, log, text);
}

/* The key never reaches another host. */
/* (case 24) */
static void a_redirect_is_not_followed(void **state)
{
	int fd = listen_on_loopback(&elsewhere);
	struct pollfd wait = {.fd = fd, .events = POLLIN};

	(void)state;
	struct pay_answer ans = call(redirects, &get, NEVER_MS);
	assert_int_equal(poll(&wait, 1, 0), 0);
	close(fd);
	assert_int_equal(ans.status, 302);
	assert_int_equal(pay_outcome(&ans), PAY_CONFIG);
}

static void hints_first(int listen, int log)
{
	answer(listen, log, "HTTP/1.1 103 Early Hints\r\nRequest-Id: req_hint\r\nStripe-Should-Retry: true\r\n\r\n"
	                    "HTTP/1.1 500 Oops\r\nContent-Length: 2\r\n\r\n{}");
}

static void an_interim_answer_says_nothing(void **state)
{
	struct pay_answer ans = call(hints_first, &post, NEVER_MS);

	(void)state;
	assert_int_equal(ans.status, 500);
	assert_int_equal(ans.request_id.n, 0);
	assert_int_equal(ans.should_retry.n, 0);
	assert_int_equal(ans.retry_after_s, -1);
	assert_int_equal(pay_outcome(&ans), PAY_UNKNOWN);
}

static void gzip(int listen, int log)
{
	answer(listen, log, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\x01");
}

static void html(int listen, int log)
{
	answer(listen, log, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>");
}

static void longer_than_it_says(int listen, int log)
{
	answer_and_close(listen, log, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{\"id\":\"x\"}");
}

/* The call went well; only the parser can tell that this is no answer. */
static void other_bodies_are_for_the_parser(void **state)
{
	static script *const rows[] = {gzip, html, longer_than_it_says};
	struct conf c = {.role = CONF_ROLE_CLERK};
	struct pay_opened o;
	struct fault f;

	(void)state;
	(void)c;
	struct pay *p = open_to("http", 1);
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		struct pay_answer ans = call(rows[i], &post, NEVER_MS);
		assert_int_equal(ans.curl, 0);
		assert_int_equal(pay_outcome(&ans), PAY_OK);
		assert_true(ans.body.n <= 6);
		assert_int_equal(pay_parse_checkout(p, &ans, &arena, &o, &f), ERR_PROVIDER);
	}
	pay_close(p);
}

static void odd_headers(int listen, int log)
{
	answer(listen, log, "HTTP/1.1 429 Slow\r\nRetry-After: -3\r\nRequest-Id:\r\nRequest-Ids: req_2\r\n"
	                    "STRIPE-SHOULD-RETRY: " LINE64 LINE64 LINE64 LINE64 "true\r\nContent-Length: 0\r\n\r\n");
}

static void odd_headers_are_left_out(void **state)
{
	struct pay_answer ans = call(odd_headers, &post, NEVER_MS);

	(void)state;
	assert_int_equal(ans.status, 429);
	assert_int_equal(ans.retry_after_s, -1);
	assert_int_equal(ans.request_id.n, 0);
	assert_int_equal(ans.should_retry.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_post_has_the_official_headers),
		cmocka_unit_test(a_get_has_brackets_and_no_key),
		cmocka_unit_test(a_delete_is_a_delete),
		cmocka_unit_test(an_empty_post_has_length_0),
		cmocka_unit_test(unsound_requests_never_leave),
		cmocka_unit_test(the_environments_proxy_has_no_say),
		cmocka_unit_test(nobody_listens),
		cmocka_unit_test(a_failed_handshake_sent_nothing),
		cmocka_unit_test(a_timeout_in_the_handshake_sent_nothing),
		cmocka_unit_test(the_connection_is_kept),
		cmocka_unit_test(calls_do_not_colour_each_other),
		cmocka_unit_test(a_silent_repeat_is_the_same_request),
		cmocka_unit_test(a_repeat_that_finds_nobody_is_unknown),
		cmocka_unit_test(a_slow_answer_is_unknown),
		cmocka_unit_test(no_limit_is_the_shortest_one),
		cmocka_unit_test(a_broken_answer_is_unknown),
		cmocka_unit_test(too_much_is_unknown),
		cmocka_unit_test(the_limit_is_exact),
		cmocka_unit_test(an_arena_too_small_is_unknown),
		cmocka_unit_test(a_redirect_is_not_followed),
		cmocka_unit_test(an_interim_answer_says_nothing),
		cmocka_unit_test(other_bodies_are_for_the_parser),
		cmocka_unit_test(odd_headers_are_left_out),
	};
	signal(SIGPIPE, SIG_IGN); /* as the programs do */
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
