/* main/role.h: what every role is started with, and the roles.
 * Floor 5. */
#ifndef MAIN_ROLE_H
#define MAIN_ROLE_H

#include <signal.h>

#include "base/conf.h"
#include "base/seal.h"

#define EXIT_CONF 78 /* wrong configuration: starting again does not help */
#define EXIT_TEMP 75 /* may heal */

struct pays;

struct role {
	const char *name, *path;
	size_t row; /* of pledged.c's table */
	struct conf *conf;
	struct seal_ring *ring; /* NULL for roles without cookies */
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
/* role_signals: held gets these and SIGHUP, blocked from now on; open is the mask to wait with, in
 * which all of them come through, a SIGHUP of before this call too. */
void role_signals(sigset_t *held, sigset_t *open);
void role_on_stop(void (*handler)(int)); /* for all of them; PIPE is ignored. After fcgi_start. */

/* role_on_reload: for SIGHUP, which is blocked since the program began. */
void role_on_reload(void (*handler)(int));
/* role_reload: read configuration and secrets again. The file is checked as at start, and once more
 * as it would be in force, without what needs a restart; if anything is wrong nothing changes, and
 * the log tells what. pays: the role's ways to the providers, NULL without any. True: *r->conf,
 * *r->ring and *pays are the new ones, all three, and whatever else was made of the old is to be
 * made anew. */
bool role_reload(const struct role *r, struct pays *pays);

/* One line to the log; returns the exit code that fits e. */
int role_failed(const char *what, enum err e, const struct fault *f);

#endif
