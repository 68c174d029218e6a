/* main/money.c: the money role: one request at a time, in straight lines. More capacity is more
 * processes. The hook role is the same without keys, for webhooks alone. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/crash.h"
#include "base/label.h"
#include "base/log.h"
#include "base/metric.h"
#include "main/fcgi.h"
#include "main/notify.h"
#include "main/process.h"
#include "main/role.h"
#include "web/h_money.h"
#include "web/metrics.h"

#define IO_MS       5000
#define ARENA_BYTES (3u << 20)
#define BODY_BYTES  METRICS_BYTES /* more than a donor's page with all gifts and payments */

/* nobody is let in for so long when a descriptor was wanting */
static const struct timespec SHORT = {.tv_nsec = 50000000};

static volatile sig_atomic_t g_stop, g_reload;
static int64_t g_drain_s = 5;

static void on_stop(int sig)
{
	(void)sig;
	g_stop = 1;
	alarm((unsigned)g_drain_s); /* whoever holds us longer than that is left behind */
}

static void on_reload(int sig)
{
	(void)sig;
	g_reload = 1;
}

static void on_alarm(int sig)
{
	(void)sig;
	_exit(0);
}

/* What everybody may send is read where no key is. */
static bool is_served(const struct app_money *m, enum route route)
{
	return m->conf->role != CONF_ROLE_HOOK || route == ROUTE_stripe || route == ROUTE_mollie;
}

static void serve(struct app_money *m, struct fcgi *c, struct arena *a)
{
	struct request q = {.arena = a};
	struct response r;
	enum route route = ROUTE_N;
	struct str rest;
	enum err e = fcgi_read(c, &q);
	if (e == ERR_IO)
		return;
	if (response_init(&r, a, BODY_BYTES) != OK)
		return;
	if (e == OK)
		e = route_find('m', &q, &route, &rest);
	if (e == OK && !is_served(m, route))
		e = ERR_NOT_FOUND;
	size_t limit =
		e == OK ? route_body_max(route, (size_t)conf_int(m->conf, CONF_money_webhook_bytes))
			: 0;
	enum err body = fcgi_body(c, &q, limit);
	if (e == OK)
		e = body;
	if (e == OK)
		h_money(m, route, rest, &q, &r);
	else
		response_problem(&r, &q, e, NULL);
	if (e == ERR_BAD_METHOD && route < ROUTE_N)
		route_allow(route, &r);
	if (buf_done(&r.body) != OK || buf_done(&r.head) != OK) {
		struct response plain;
		if (response_init(&plain, a, 1024) != OK)
			return;
		response_problem(&plain, &q, ERR_BUG, NULL);
		r = plain;
	}
	metrics_request(ROLE_money, route, r.status, &q);
	fcgi_answer(c, &q, &r);
	if (route == ROUTE_pledge)
		CRASH_POINT("p.replied");
	if (route == ROUTE_stripe || route == ROUTE_mollie)
		CRASH_POINT("w.replied");
}

static void drain_set(const struct conf *c)
{
	g_drain_s =
		conf_int(c, CONF_view_drain_ms) / 1000 + conf_int(c, CONF_money_wait_ms) / 1000 + 1;
}

/* A list that cannot be read is told of, and the old one, or none, goes on: it is one sign among
 * many, and no reason to take no gifts. */
static void domains_again(struct app_money *m)
{
	struct fault f = {0};
	struct log_line l;
	if (m->conf->role == CONF_ROLE_HOOK)
		return;
	enum err e = domains_load(conf_str(m->conf, CONF_risk_domains_file), &m->domains, &f);
	if (e == OK)
		return;
	log_open(&l, LOG_ERROR, "a list could not be read; the old one, if any, stays");
	log_err(&l, e, &f);
	log_emit(&l);
}

static void loop(struct app_money *m, const struct role *role, int listener, struct arena *a)
{
	sigset_t held, open;
	role_signals(&held, &open); /* a request is never interrupted, only waiting is */
	for (;;) {
		/* under load there is always somebody waiting, and ppoll lets no signal through */
		sigprocmask(SIG_SETMASK, &open, NULL);
		sigprocmask(SIG_BLOCK, &held, NULL);
		if (g_stop)
			return;
		if (g_reload) {
			g_reload = 0;
			if (role_reload(role, &m->pays)) {
				drain_set(m->conf);
				domains_again(m);
			}
		}
		struct pollfd p = {.fd = listener, .events = POLLIN};
		if (ppoll(&p, 1, notify_pause(), &open) <= 0) {
			process_tick(clock_mono());
			continue;
		}
		struct fcgi *c = fcgi_accept(listener, IO_MS, false);
		if (!c) {
			if (fcgi_is_short(errno))
				ppoll(NULL, 0, &SHORT, &open);
			continue;
		}
		metric_set(METRIC_INFLIGHT, 0, 1);
		serve(m, c, a);
		metric_set(METRIC_INFLIGHT, 0, 0);
		process_tick(clock_mono());
		fcgi_free(c);
		arena_reset(a);
	}
}

int money_run(const struct role *role)
{
	struct app_money m = {.conf = role->conf, .ring = role->ring};
	struct arena arena = {0};
	struct fault f = {0};
	int listener = -1;
	enum err e = fcgi_start();
	if (e == OK)
		e = fcgi_listener(&listener, &f);
	if (e == OK)
		e = arena_init(&arena, ARENA_BYTES);
	if (e == OK)
		e = pays_open(role->conf, &m.pays, &f);
	if (e == OK)
		e = store_open(role->conf, "pledged_money", &m.store, &f);
	if (e == OK) {
		domains_again(&m);
		drain_set(role->conf);
		struct sigaction late = {.sa_handler = on_alarm};
		sigaction(SIGALRM, &late, NULL);
		role_on_stop(on_stop);
		role_on_reload(on_reload);
		notify_send("READY=1");
		loop(&m, role, listener, &arena);
	}
	int code = e == OK ? 0 : role_failed("cannot start", e, &f);
	store_close(m.store);
	pays_close(&m.pays);
	domains_free(&m.domains);
	arena_fini(&arena);
	return code;
}
