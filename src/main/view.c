/* main/view.c: the event loop of the view role: FastCGI connections, database descriptors, one
 * timer, signals. After each round of the loop app_view_tick sends what has gathered for long
 * enough: so load makes the batches. */
#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/label.h"
#include "base/log.h"
#include "base/metric.h"
#include "main/fcgi.h"
#include "main/notify.h"
#include "main/process.h"
#include "main/role.h"
#include "web/h_view.h"
#include "web/metrics.h"

#define IO_MS       250
#define TICK_US     20000
#define ARENA_BYTES 16384
#define BODY_BYTES  METRICS_BYTES /* the longest answer; a page has 96 KiB */
#define HEAD_BYTES  3072 /* cookie, token and the longest redirect; nginx takes 4096 in all */
#define CONNS_MAX   4096
#define SHORT_MS    50  /* nobody is let in for so long when a descriptor was wanting */
#define IDLE_MS     150 /* when draining: kept connections that were silent for so long are closed */
#define GRACE_MS    300 /* what a new worker gets to become ready; nginx waits for 500 */

/* A request under way. It may outlive its connection's interest in it: a page that was opened at
 * its deadline stays in its batch. */
struct work {
	struct view_ask ask;
	struct request q;
	struct arena arena;
	enum route route;
	struct conn *conn;
	struct work *next;
};

struct conn {
	struct loop *l;
	struct fcgi *fcgi;
	struct event *ev;
	struct work *work;
	bool deaf; /* ev is not added until the answer is sent */
	struct conn *prev, *next;
};

struct watch {
	struct event *ev;
	int fd;
	unsigned want, generation;
};

struct loop {
	const struct role *role;
	struct event_base *base;
	struct event *listen_ev, *tick_ev, *own[8]; /* own: these and signals */
	struct app_view *app;
	struct h_view h;
	int listener;
	bool hello, draining, listening;
	mono_t start, listen_at, drain_until, drain_from;
	struct conn *conns;
	size_t conn_n, work_n;
	struct work *free_work;
	struct watch watch[APP_VIEW_BATCHES_MAX];
	struct loop_body {
		char head[HEAD_BYTES], body[BODY_BYTES];
	} * mem;
};

static void conn_free(struct conn *c)
{
	struct loop *l = c->l;
	if (c->work)
		c->work->conn = NULL;
	event_free(c->ev);
	fcgi_free(c->fcgi);
	*(c->prev ? &c->prev->next : &l->conns) = c->next;
	if (c->next)
		c->next->prev = c->prev;
	l->conn_n--; /* whether there is room again, listen_on looks */
	metric_set(METRIC_CONNECTIONS, 0, (int64_t)l->conn_n);
	free(c);
}

static struct work *work_take(struct loop *l)
{
	struct work *w = l->free_work;
	if (w) {
		l->free_work = w->next;
	} else {
		w = calloc(1, sizeof *w);
		if (!w || arena_init(&w->arena, ARENA_BYTES) != OK) {
			free(w);
			return NULL;
		}
	}
	l->work_n++;
	return w;
}

static void work_give(struct loop *l, struct work *w)
{
	arena_reset(&w->arena);
	w->conn = NULL;
	w->next = l->free_work;
	l->free_work = w;
	l->work_n--;
}

static void response_on(struct loop *l, struct response *r)
{
	*r = (struct response){.status = 200};
	buf_init(&r->head, l->mem->head, sizeof l->mem->head);
	buf_init(&r->body, l->mem->body, sizeof l->mem->body);
}

/* Send and be ready for the next request of this connection. */
static void send_answer(struct conn *c, struct work *w, struct response *r)
{
	struct loop *l = c->l;
	if (buf_done(&r->body) != OK || buf_done(&r->head) != OK) {
		response_on(l, r);
		response_problem(r, &w->q, ERR_BUG, NULL);
	}
	metrics_request(ROLE_view, w->route, r->status, &w->q);
	c->work = NULL;
	w->conn = NULL;
	bool again = fcgi_answer(c->fcgi, &w->q, r);
	/* when draining: at once, before nginx keeps the connection for its next request */
	if (!again || (l->draining && fcgi_is_silent(c->fcgi)))
		conn_free(c);
	else if (c->deaf)
		c->deaf = event_add(c->ev, NULL) != 0;
}

static void on_answered(struct view_ask *ask)
{
	struct work *w = (struct work *)(void *)ask;
	struct conn *c = w->conn;
	struct response r;
	if (!c)
		return;
	response_on(c->l, &r);
	h_view_answer(&c->l->h, w->route, &w->q, ask, &r);
	send_answer(c, w, &r);
}

static struct loop *g_loop; /* the one loop of this process, for calls that come back without it */

static void on_released(struct view_ask *ask)
{
	work_give(g_loop, (struct work *)(void *)ask);
}

static void answer_hello(struct response *r)
{
	r->type = "application/json";
	buf_addc(&r->body, "{\"act\":\"open\",\"reason\":\"hello\",\"pad\":\"");
	for (int i = 0; i < 25; i++)
		buf_addc(&r->body, "0123456789");
	buf_addc(&r->body, "\"}");
}

static void serve(struct conn *c, struct work *w, enum err e)
{
	struct loop *l = c->l;
	struct response r;
	struct str rest;
	response_on(l, &r);
	w->route = ROUTE_N;
	if (e == OK && l->hello) {
		answer_hello(&r);
		send_answer(c, w, &r);
		work_give(l, w);
		return;
	}
	if (e == OK)
		e = route_find('v', &w->q, &w->route, &rest);
	enum err drained =
		fcgi_body(c->fcgi, &w->q, w->route < ROUTE_N ? route_body_max(w->route, 0) : 0);
	if (e == OK)
		e = drained;
	if (e != OK) {
		response_problem(&r, &w->q, e, NULL);
		if (e == ERR_BAD_METHOD && w->route < ROUTE_N)
			route_allow(w->route, &r);
	}
	if (e != OK || h_view_take(&l->h, w->route, &w->q, &w->ask, &r)) {
		send_answer(c, w, &r);
		work_give(l, w);
		return;
	}
	w->ask.answered = on_answered;
	w->ask.released = on_released;
	app_view_ask(l->app, &w->ask);
}

static void on_conn(evutil_socket_t fd, short what, void *arg)
{
	struct conn *c = arg;
	(void)fd;
	(void)what;
	if (c->work) { /* nginx went away before the answer, or does not wait for it */
		event_del(c->ev);
		c->deaf = true;
		return;
	}
	struct work *w = work_take(c->l);
	if (!w) {
		conn_free(c);
		return;
	}
	w->q = (struct request){.arena = &w->arena};
	enum err e = fcgi_read(c->fcgi, &w->q);
	if (e == ERR_IO) {
		work_give(c->l, w);
		conn_free(c);
		return;
	}
	w->conn = c;
	c->work = w;
	serve(c, w, e);
}

/* Those who wait outside would wake the loop without end. */
static void stop_listening(struct loop *l, int64_t ms)
{
	event_del(l->listen_ev);
	l->listening = false;
	l->listen_at = mono_add(clock_mono(), dur_ms(ms));
}

/* NULL, or watched. */
static struct event *watched(
	struct loop *l, evutil_socket_t fd, short what, event_callback_fn then, void *arg)
{
	struct event *ev = event_new(l->base, fd, (short)(what | EV_PERSIST), then, arg);
	if (ev && event_add(ev, NULL) != 0) {
		event_free(ev);
		return NULL;
	}
	return ev;
}

static void on_listen(evutil_socket_t fd, short what, void *arg)
{
	struct loop *l = arg;
	(void)what;
	for (int i = 0; i < 64; i++) { /* who waits outside waits longest; some are another's */
		if (l->conn_n >= CONNS_MAX) {
			stop_listening(l, 0);
			return;
		}
		struct fcgi *f = fcgi_accept(fd, IO_MS, true);
		if (!f) {
			if (fcgi_is_short(errno))
				stop_listening(l, SHORT_MS);
			return;
		}
		struct conn *c = calloc(1, sizeof *c);
		if (c)
			c->ev = watched(l, fcgi_fd(f), EV_READ, on_conn, c);
		if (!c || !c->ev) {
			fcgi_free(f);
			free(c);
			return;
		}
		c->l = l;
		c->fcgi = f;
		c->next = l->conns;
		if (l->conns)
			l->conns->prev = c;
		l->conns = c;
		l->conn_n++;
		metric_set(METRIC_CONNECTIONS, 0, (int64_t)l->conn_n);
	}
}

static void on_batch(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	batch_drive(arg, (what & EV_READ ? BATCH_READ : 0u) | (what & EV_WRITE ? BATCH_WRITE : 0u),
		clock_mono(), false);
}

/* Watch each database connection for what it wants now; its descriptor changes when it connects
 * anew. */
static void watch_batches(struct loop *l)
{
	for (size_t i = 0; l->app && i < app_view_batches(l->app); i++) {
		struct batch *b = app_view_batch(l->app, i);
		struct watch *w = &l->watch[i];
		int fd = batch_fd(b);
		if (w->ev && w->fd == fd && w->want == batch_want(b) &&
			w->generation == batch_generation(b))
			continue;
		if (w->ev)
			event_free(w->ev);
		w->ev = NULL;
		*w = (struct watch){
			.fd = fd, .want = batch_want(b), .generation = batch_generation(b)};
		if (fd < 0 || !w->want)
			continue;
		short what = (short)((w->want & BATCH_READ ? EV_READ : 0) |
				     (w->want & BATCH_WRITE ? EV_WRITE : 0));
		w->ev = watched(l, fd, what, on_batch, b);
	}
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg; /* it only wakes the loop */
}

static void set_tick(struct loop *l)
{
	mono_t due = l->app ? app_view_due(l->app) : (mono_t){0};
	int64_t left = due.us ? due.us - clock_mono().us : TICK_US;
	event_add(l->tick_ev, &(struct timeval){.tv_usec = left > 0 ? left : 0});
}

static void on_term(evutil_socket_t fd, short what, void *arg)
{
	struct loop *l = arg;
	(void)fd;
	(void)what;
	if (l->draining)
		return;
	l->draining = true;
	l->drain_from = clock_mono();
	l->drain_until =
		mono_add(l->drain_from, dur_ms(conf_int(l->role->conf, CONF_view_drain_ms)));
	stop_listening(l, 0);
	notify_send("STOPPING=1");
}

static void settings(struct loop *l)
{
	const struct conf *c = l->role->conf;
	l->h.deadline_ms = conf_int(c, CONF_view_deadline_ms);
	l->h.honour_dnt = conf_on(c, CONF_view_honour_dnt);
	l->h.cookie_max_age_s = conf_int(c, CONF_cookie_max_age_days) * 86400;
	decide_consent_read(str_c(conf_str(c, CONF_view_consent_default)), &l->h.consent);
}

static void on_hup(evutil_socket_t fd, short what, void *arg)
{
	struct loop *l = arg;
	(void)fd;
	(void)what;
	if (l->hello || !role_reload(l->role, NULL))
		return;
	settings(l);
	app_view_reload(l->app);
}

/* True when all that was begun is answered and committed. Kept connections get a moment to bring
 * what is on its way. */
static bool drained(struct loop *l)
{
	mono_t now = clock_mono();
	bool idle = !l->app || app_view_drain(l->app, clock_utc(), now);
	if (now.us >= l->drain_until.us)
		return true;
	if (now.us - l->drain_from.us < IDLE_MS * 1000)
		return false;
	for (struct conn *c = l->conns, *next; c; c = next) {
		next = c->next;
		if (!c->work && fcgi_is_silent(c->fcgi))
			conn_free(c);
	}
	return idle && l->work_n == 0 && !l->conns;
}

static enum err open_events(struct loop *l)
{
	static const int STOPS[] = ROLE_STOP_SIGNALS;
	_Static_assert(ARRAY_N(STOPS) + 3 <= ARRAY_N(l->own), "room for all");
	size_t n = 0;
	l->own[n++] = l->listen_ev =
		event_new(l->base, l->listener, EV_READ | EV_PERSIST, on_listen, l);
	l->own[n++] = l->tick_ev = event_new(l->base, -1, 0, on_tick, l);
	bool all = l->listen_ev && l->tick_ev;
	for (size_t i = 0; i < ARRAY_N(STOPS); i++)
		all &= (l->own[n++] = watched(l, STOPS[i], EV_SIGNAL, on_term, l)) != NULL;
	all &= (l->own[n++] = watched(l, SIGHUP, EV_SIGNAL, on_hup, l)) != NULL;
	return all ? OK : ERR_NO_MEMORY;
}

static enum err loop_open(struct loop *l, const struct role *role, struct fault *f)
{
	struct event_config *cfg = event_config_new();
	l->role = role;
	l->mem = calloc(1, sizeof *l->mem);
	enum err e = cfg && l->mem ? fcgi_start() : ERR_NO_MEMORY;
	if (e == OK)
		e = fcgi_listener(&l->listener, f);
	if (e == OK) {
		/* precise: a batch gathers for less than a step of the coarse clock */
		event_config_set_flag(cfg, EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST |
						   EVENT_BASE_FLAG_NOLOCK |
						   EVENT_BASE_FLAG_PRECISE_TIMER);
		l->base = event_base_new_with_config(cfg);
		e = l->base ? open_events(l) : ERR_NO_MEMORY;
	}
	if (cfg)
		event_config_free(cfg);
	if (e == OK && !l->hello)
		e = app_view_open(role->conf, role->ring, &l->app, f);
	if (e != OK)
		return e;
	l->h = (struct h_view){.app = l->app};
	settings(l);
	return OK;
}

/* A worker that knows no site yet can only open pages uncounted: so it leaves requests to the
 * others until it is ready, or until that takes too long. */
static void listen_on(struct loop *l)
{
	mono_t now = clock_mono();
	bool wait = l->app && !app_view_ready(l->app) && now.us - l->start.us < GRACE_MS * 1000;
	if (l->listening || l->draining || wait || l->conn_n >= CONNS_MAX ||
		now.us < l->listen_at.us)
		return;
	l->listening = event_add(l->listen_ev, NULL) == 0;
}

static void loop_run(struct loop *l)
{
	sigset_t mask;
	sigemptyset(&mask);
	sigaddset(&mask, SIGHUP);
	sigprocmask(SIG_UNBLOCK, &mask, NULL);
	l->start = clock_mono();
	signal(SIGPIPE, SIG_IGN);
	notify_send("READY=1");
	while (!l->draining || !drained(l)) {
		if (l->app)
			app_view_tick(l->app, clock_utc(), clock_mono());
		process_tick(clock_mono());
		watch_batches(l);
		listen_on(l);
		set_tick(l);
		event_base_loop(l->base, EVLOOP_ONCE);
	}
	for (struct conn *c, *next = l->conns; (c = next); conn_free(c))
		next = c->next;
	for (size_t i = 0; i < ARRAY_N(l->watch); i++)
		if (l->watch[i].ev)
			event_free(l->watch[i].ev);
}

static void loop_close(struct loop *l)
{
	app_view_close(l->app);
	for (struct work *w; (w = l->free_work);) {
		l->free_work = w->next;
		arena_fini(&w->arena);
		free(w);
	}
	for (size_t i = 0; i < ARRAY_N(l->own); i++)
		if (l->own[i])
			event_free(l->own[i]);
	if (l->base)
		event_base_free(l->base);
	free(l->mem);
}

static int run(const struct role *role, bool hello)
{
	struct loop l = {.hello = hello};
	struct fault f = {0};
	g_loop = &l;
	enum err e = loop_open(&l, role, &f);
	if (e == OK)
		loop_run(&l);
	int code = e == OK ? 0 : role_failed("cannot start", e, &f);
	loop_close(&l);
	return code;
}

int view_run(const struct role *role)
{
	return run(role, false);
}

int hello_run(const struct role *role)
{
	return run(role, true);
}
