/* app/wish_own.h: what the two halves of wishes share. Floor 3, private to wish*.c. */
#ifndef APP_WISH_OWN_H
#define APP_WISH_OWN_H

#include "app/wish.h"
#include "base/log.h"

/* A kind of wish: the object that its call gives back, and the change of a subscription. */
struct wish_kind {
	const char *name;
	enum pay_kind answer;
	enum pay_change change;
};
const struct wish_kind *wish_kind_of(struct str name); /* NULL: there is none */

/* One line of log on the wish in row i; state and error may be NULL. */
void wish_tell(enum log_level level, const char *what, const struct rows *rows, int i,
	const char *state, const char *error);

/* Rows of a statement; NULL when it failed: that is told, and the lease runs out. lease: of a
 * statement of (how many, lease, now). */
struct rows *wish_ask_rows(struct wish_work *w, enum stmt stmt, const struct store_args *a);
struct rows *wish_lease_rows(struct wish_work *w, enum stmt stmt, int64_t n);
int64_t wish_call_ms(const struct wish_work *w);

/* Sends the calls that are due, and ends what can be ended; the number of calls. */
size_t wish_do_calls(struct wish_work *w, const volatile int *stop);

#endif
