/* main/clerk_page.h: keeps the page of reports fresh, in a process of its own: a webhook does not
 * wait for a report. Floor 5. */
#ifndef MAIN_CLERK_PAGE_H
#define MAIN_CLERK_PAGE_H

#include <sys/types.h>

#include "base/clock.h"
#include "base/conf.h"

struct clerk_page {
	pid_t child; /* 0: none */
	mono_t look_at;
};

/* clerk_page_round: begins the page when it is too old, and takes note of one that has ended. Any
 * number of clerks may do so: a lock lets one of them work. Costs one look at a file a second. */
void clerk_page_round(struct clerk_page *p, const struct conf *c);

#endif
