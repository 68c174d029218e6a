/* app/clerk_clock.c: what the clerk's clock shows is noted now and then, so that one that begins
 * behind a step back sees it too. */
#include "app/clerk_clock.h"
#include "base/log.h"

#define STEP_US (INT64_C(60) * 1000000) /* a smaller step is waited for */
#define NOTE_US (INT64_C(10) * 1000000)

static enum err tell(struct store *s, bool first, int64_t back_us, utc_t utc)
{
	struct store_args a;
	struct fault f = {0};
	ROWS_AUTO rows = NULL;
	store_args_init(&a);
	if (first)
		arg_null(&a);
	else
		arg_int(&a, back_us / 1000000);
	arg_utc(&a, utc);
	enum err e = store_call(s, STMT_clock_back, &a, &rows, &f);
	if (e != OK && e != ERR_STORE_DOWN) {
		struct log_line l;
		log_open(&l, err_class(e) == ERR_CLASS_SOFT ? LOG_WARN : LOG_ERROR,
			"the clock was not noted");
		log_err(&l, e, &f);
		log_emit(&l);
	}
	return e;
}

void clerk_clock_round(struct clerk_clock *k, struct store *s)
{
	utc_t utc = clock_utc();
	mono_t mono = clock_mono();
	bool first = k->mono_seen.us == 0;
	int64_t passed_us = mono.us - k->mono_seen.us;
	int64_t back_us = passed_us - (utc.us - k->utc_seen.us);
	bool stepped = back_us > STEP_US;
	if (!first && !stepped && passed_us < NOTE_US)
		return;
	if (tell(s, first, stepped ? back_us : 0, utc) != OK)
		return;
	k->utc_seen = utc;
	k->mono_seen = mono;
}
