/* main/clerk.c: rounds of work until told to stop; no socket. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "app/clerk.h"
#include "base/log.h"
#include "main/notify.h"
#include "main/role.h"

#define ARENA_BYTES (3u << 20)

static volatile int g_stop;

static void on_stop(int sig)
{
	(void)sig;
	g_stop = 1;
}

static void rounds(struct app_clerk *c)
{
	int64_t ms = conf_int(c->conf, CONF_clerk_interval_ms);
	sigset_t blocked, open;
	role_stop_signals(&blocked);
	for (size_t done = 0;;) {
		struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
		if (done > 0)
			pause = (struct timespec){0};
		/* between the look at g_stop and the wait no signal may slip by */
		sigprocmask(SIG_BLOCK, &blocked, &open);
		if (!g_stop)
			pselect(0, NULL, NULL, NULL, &pause, &open);
		sigprocmask(SIG_SETMASK, &open, NULL);
		if (g_stop)
			return;
		done = app_clerk_round(c, &g_stop);
	}
}

int clerk_run(const struct role *role)
{
	struct app_clerk c = {.conf = role->conf};
	struct fault f = {0};
	enum err e = arena_init(&c.arena, ARENA_BYTES);
	if (e == OK)
		e = pay_open(role->conf, &c.pay, &f);
	if (e == OK)
		e = store_open(role->conf, "pledged_clerk", &c.store, &f);
	if (e == OK) {
		role_on_stop(on_stop);
		notify_send("READY=1");
		rounds(&c);
	}
	int code = e == OK ? 0 : role_failed("cannot start", e, &f);
	store_close(c.store);
	pay_close(c.pay);
	arena_fini(&c.arena);
	return code;
}
