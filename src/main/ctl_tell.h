/* main/ctl_tell.h: a decision in words, for pledgectl explain. Floor 5. */
#ifndef MAIN_CTL_TELL_H
#define MAIN_CTL_TELL_H

#include "core/decide.h"

/* ctl_tell_facts: the page, the reader and the moment as the rules see them. */
void ctl_tell_facts(const struct decide_facts *f, const struct policy *p);
/* ctl_tell_steps: each rule that was tried, campaign by campaign, and what it compared. */
void ctl_tell_steps(
	const struct decide_trace *t, const struct decide_facts *f, const struct policy *p);
/* ctl_tell_decision: what came of it. */
void ctl_tell_decision(const struct decision *d);

#endif
