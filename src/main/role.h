/* main/role.h: what every role is started with, and the roles.
 * Floor 5. */
#ifndef MAIN_ROLE_H
#define MAIN_ROLE_H

#include <signal.h>

#include "base/conf.h"
#include "base/seal.h"

#define EXIT_CONF 78 /* wrong configuration: starting again does not help */
#define EXIT_TEMP 75 /* may heal */

struct role {
	const char *name;
	const struct conf *conf;
	const struct seal_ring *ring; /* NULL for roles without cookies */
};

/* Each runs until SIGTERM or SIGINT and returns the exit code. */
int view_run(const struct role *r);
int money_run(const struct role *r);
int clerk_run(const struct role *r);
int hello_run(
	const struct role *r); /* a constant answer on view's loop: the yardstick of tests/bench */

/* What means: finish what runs, then end. TERM and INT, and what multiwatch 1.0 makes of its own
 * TERM on the way to its children: QUIT or USR1. */
#define ROLE_STOP_SIGNALS                                                                          \
	{                                                                                          \
		SIGTERM, SIGINT, SIGQUIT, SIGUSR1                                                  \
	}
void role_stop_signals(sigset_t *ret);
void role_on_stop(
	void (*handler)(int)); /* for all of them; PIPE and HUP are ignored. After fcgi_start. */

/* One line to the log; returns the exit code that fits e. */
int role_failed(const char *what, enum err e, const struct fault *f);

#endif
