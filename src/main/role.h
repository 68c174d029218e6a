/* main/role.h: what every role is started with, and the roles.
 * Floor 5. */
#ifndef MAIN_ROLE_H
#define MAIN_ROLE_H

#include "base/conf.h"
#include "base/seal.h"

#define EXIT_CONF 78	/* wrong configuration: starting again does not help */
#define EXIT_TEMP 75	/* may heal */

struct role {
	const char *name;
	const struct conf *conf;
	const struct seal_ring *ring;	/* NULL for roles without cookies */
};

/* Each runs until SIGTERM or SIGINT and returns the exit code. */
int view_run(const struct role *r);
int money_run(const struct role *r);
int clerk_run(const struct role *r);
int hello_run(const struct role *r);	/* a constant answer on view's loop: the yardstick of tests/bench */

/* One line to the log; returns the exit code that fits e. */
int role_failed(const char *what, enum err e, const struct fault *f);

#endif
