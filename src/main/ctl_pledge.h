/* main/ctl_pledge.h: what the commands of pledgectl pledge and inbox share.
 * Floor 5. */
#ifndef MAIN_CTL_PLEDGE_H
#define MAIN_CTL_PLEDGE_H

#include <jansson.h>

#include "main/ctl.h"

/* A pledge that an operator named. */
struct ctl_pledge {
	struct uuid pledge, payment;
	bool has_payment; /* the word named this payment of it */
	json_t *doc;      /* pledge_show: all of it; to be freed by ctl_pledge_close */
};

/* ctl_shield: before getopt: a donor's token may begin with a hyphen, and would be taken for an
 * option. It is written into mem with a = before it, which ctl_pledge_open takes off again. */
#define CTL_SHIELD_MAX 40
void ctl_shield(int argc, char **argv, char mem[CTL_SHIELD_MAX]);

/* ctl_pledge_open: ctl_open, the operator's rights, and the pledge that word means: any id of ours
 * or of the provider's, the token, a receipt. personal: the person too. Returns CTL_OK, or the exit
 * code when it has told why not. */
int ctl_pledge_open(struct ctl *c, const char *word, bool personal, struct ctl_pledge *ret);
void ctl_pledge_close(struct ctl_pledge *p); /* all zero is fine */

/* ctl_pledge_tell: the pledge in words, and what waits for the operator. */
void ctl_pledge_tell(const struct ctl_pledge *p);

/* ctl_author: who acts: `given` (--author), else the login at the database; told when it cannot be.
 * Returns the exit code. */
#define CTL_AUTHOR_MAX 101
int ctl_author(struct ctl *c, const char *given, char ret[CTL_AUTHOR_MAX]);

void ctl_put(struct str s);      /* text from elsewhere on stdout: controls become ? */
void ctl_put_time(struct str s); /* RFC 3339 as the database writes it, to the second */

#endif
