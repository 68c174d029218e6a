/* tests/sim/money/actor.h: what somebody asks of a process of the money role. */
#ifndef ACTOR_H
#define ACTOR_H

#include "sim.h"

/* One request to the money role. */
struct job {
	enum { JOB_PLEDGE, JOB_STATE, JOB_AGAIN, JOB_HOOK, JOB_WISH } what;
	struct donor *donor;
	struct wisher *wisher;
	const char *signature, *body;
	sim_fn *answered;
	void *arg;
	int64_t n;
	enum err err;
	struct money_state state;
	bool done;
};

void actor_job(struct job j); /* a process that is free takes it up */

/* donor.c */
void donor_begin(void);
void donor_serve(struct proc *p, struct job *j); /* in the process */
void donor_answer(struct job *j);                /* in the loop; it may never have been done */

/* wisher.c: the same */
void wisher_begin(void);
void wisher_serve(struct proc *p, struct job *j);
void wisher_answer(struct job *j);

#endif
