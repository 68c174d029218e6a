/* main/clerk.c: rounds of work until told to stop; no socket. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "app/clerk.h"
#include "base/log.h"
#include "main/clerk_page.h"
#include "main/notify.h"
#include "main/process.h"
#include "main/role.h"

#define ARENA_BYTES (3u << 20)

static volatile int g_stop;
static volatile sig_atomic_t g_reload;

static void on_stop(int sig)
{
	(void)sig;
	g_stop = 1;
}

static void on_reload(int sig)
{
	(void)sig;
	g_reload = 1;
}

/* A call that runs is cut short by a stop, and by nothing else. */
static void rounds(struct app_clerk *c, const struct role *role)
{
	struct clerk_page page = {0};
	sigset_t held, open, running;
	role_signals(&held, &open);
	running = open;
	sigaddset(&running, SIGHUP);
	for (size_t done = 0;;) {
		int64_t ms = conf_int(c->conf, CONF_clerk_interval_ms);
		struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
		if (done > 0)
			pause = (struct timespec){0};
		/* between the look at g_stop and the wait no signal may slip by */
		sigprocmask(SIG_SETMASK, &open, NULL);
		sigprocmask(SIG_BLOCK, &held, NULL);
		if (!g_stop && !g_reload)
			pselect(0, NULL, NULL, NULL, &pause, &open);
		sigprocmask(SIG_SETMASK, &running, NULL);
		if (g_stop)
			return;
		if (g_reload) {
			g_reload = 0;
			(void)role_reload(role, &c->pays); /* false: told, and all is as before */
		}
		done = app_clerk_round(c, &g_stop);
		clerk_page_round(&page, c->conf);
		process_tick(clock_mono());
	}
}

int clerk_run(const struct role *role)
{
	struct app_clerk c = {.conf = role->conf};
	struct fault f = {0};
	enum err e = arena_init(&c.arena, ARENA_BYTES);
	if (e == OK)
		e = pays_open(role->conf, &c.pays, &f);
	if (e == OK)
		e = store_open(role->conf, "pledged_clerk", &c.store, &f);
	if (e == OK) {
		role_on_stop(on_stop);
		role_on_reload(on_reload);
		notify_send("READY=1");
		rounds(&c, role);
	}
	int code = e == OK ? 0 : role_failed("cannot start", e, &f);
	store_close(c.store);
	pays_close(&c.pays);
	arena_fini(&c.arena);
	return code;
}
