/* app/clerk_roll.c: the clerk's roll-ups, a kind a row. */
#include "app/clerk_roll.h"
#include "base/log.h"

/* A statement of (how many, now) that tells how many it took: at once again while there are more
 * than it takes at a time, else after the pause, or after so many times as long as it took (rest),
 * whichever is longer, but REST_MAX_MS. So folding takes a part of a processor at most, and
 * the more there is to fold, the more meets in one row: each page is written once a fold, not once
 * a view. hurries: no rest while there are more. The count of months is not in a hurry: that of
 * millions of readers would take a processor from the pages for hours. */
#define REST_MAX_MS (60 * 1000)
static const struct {
	enum stmt stmt;
	bool hurries;
	int64_t most, pause_ms, rest;
} KINDS[] = {
	{STMT_tally_fold, true, 2000, 1000, 49},
	{STMT_roll_events, true, 20000, 1000, 19},
	{STMT_roll_pledges, true, 200, 1000, 0},
	{STMT_roll_months, false, 1, 1000, 49},
	{STMT_roll_experiments, true, 2000, 1000, 19},
	{STMT_roll_fill, true, 1000, 1000, 0},
};

static int64_t fold(struct store *s, size_t kind)
{
	struct store_args a;
	struct fault f = {0};
	ROWS_AUTO rows = NULL;
	store_args_init(&a);
	arg_int(&a, KINDS[kind].most);
	arg_utc(&a, clock_utc());
	enum err e = store_call(s, KINDS[kind].stmt, &a, &rows, &f);
	if (e == OK)
		return row_int(rows, 0, "n");
	if (e != ERR_STORE_DOWN) {
		struct log_line l;
		log_open(&l, err_class(e) == ERR_CLASS_SOFT ? LOG_WARN : LOG_ERROR,
			"figures could not be rolled up");
		log_err(&l, e, &f);
		log_emit(&l);
	}
	return 0;
}

size_t clerk_roll_round(struct clerk_roll *r, struct store *s, const volatile int *stop)
{
	_Static_assert(ARRAY_N(KINDS) == ARRAY_N(r->at), "a time a kind");
	size_t done = 0;
	for (size_t i = 0; i < ARRAY_N(KINDS) && !*stop; i++) {
		mono_t now = clock_mono();
		if (now.us < r->at[i].us)
			continue;
		int64_t n = fold(s, i);
		bool more = n >= KINDS[i].most;
		if (more && KINDS[i].hurries) {
			done += (size_t)n;
			continue;
		}
		int64_t rest = (clock_mono().us - now.us) * (KINDS[i].rest + 1);
		int64_t pause = more ? 0 : dur_ms(KINDS[i].pause_ms).us;
		if (rest > dur_ms(REST_MAX_MS).us)
			rest = dur_ms(REST_MAX_MS).us;
		r->at[i] = mono_add(now, (dur_t){rest > pause ? rest : pause});
	}
	return done;
}
