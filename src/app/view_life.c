/* app/view_life.c: what happens between page views: campaigns are loaded, counts handed in, the
 * spool emptied, pages opened that waited too long. */
#include <stdlib.h>
#include <string.h>

#include "app/view_own.h"
#include "base/log.h"
#include "base/metric.h"
#include "core/money.h"
#include "core/pledge.h"

#define BEAT_MS      1000 /* an idle worker still asks for the epoch */
#define RELOAD_MS    500  /* between two tries to load */
#define TALLY_MS     200
#define VISITS_BYTES (VISITS_MAX * VISITS_ROW_BYTES)
#define TALLY_BYTES                                                                                \
	(TALLY_ROWS_BYTES + TALLY_SAMPLE_BYTES + ROBOTS_CLAIMS_MAX * 70 + VISITS_BYTES + 64)
#define LIVE_MS   25000
#define LIVE_SOON 1000 /* when the last try failed */
#define FRESH_MS  3000

enum err app_view_open(
	const struct conf *c, const struct seal_ring *ring, struct app_view **ret, struct fault *f)
{
	struct app_view *v = calloc(1, sizeof *v);
	if (!v)
		return fault_set(f, ERR_NO_MEMORY, NULL, "view");
	v->conf = c;
	v->ring = ring;
	v->max_requests = (size_t)conf_int(c, CONF_view_max_requests);
	v->tally_text = malloc(TALLY_BYTES);
	enum err e = v->tally_text ? tally_init(&v->tally, conf_int(c, CONF_view_sample_every))
				   : ERR_NO_MEMORY;
	if (e == OK)
		e = seal_random(&v->worker, sizeof v->worker);
	if (e == OK && conf_secret(c, CONF_account_key_file).n > 0)
		e = seal_ring_parse(conf_secret(c, CONF_account_key_file), &v->accounts, f);
	if (e == OK)
		e = robots_new(&v->robots);
	spool_init(&v->spool, conf_str(c, CONF_view_spool_file),
		conf_int(c, CONF_view_spool_max_bytes));
	for (int64_t i = 0; e == OK && i < conf_int(c, CONF_view_connections); i++) {
		e = batch_open(c, &v->batch[v->batch_n], f);
		if (e == OK)
			v->batch_n++;
	}
	if (e == OK)
		e = batch_open(c, &v->asks, f);
	if (e != OK) {
		app_view_close(v);
		return e;
	}
	*ret = v;
	return OK;
}

void app_view_reload(struct app_view *v)
{
	struct str keys = conf_secret(v->conf, CONF_account_key_file);
	seal_ring_fini(&v->accounts);
	v->accounts = (struct seal_ring){0};
	if (keys.n > 0 && seal_ring_parse(keys, &v->accounts, NULL) != OK)
		v->accounts = (struct seal_ring){0};
}

void app_view_close(struct app_view *v)
{
	if (!v)
		return;
	for (size_t i = 0; i < v->batch_n; i++)
		batch_close(v->batch[i]);
	batch_close(v->asks);
	snapshot_unref(v->loading);
	snapshot_unref(v->snap);
	spool_fini(&v->spool);
	seal_ring_fini(&v->accounts);
	tally_fini(&v->tally);
	robots_free(v->robots);
	free(v->tally_text);
	free(v);
}

size_t app_view_batches(const struct app_view *v)
{
	return v->batch_n + 1;
}
struct batch *app_view_batch(const struct app_view *v, size_t i)
{
	return i < v->batch_n ? v->batch[i] : v->asks;
}

/* Loading: three statements, one after the other, over the connection for questions. */

static void load_failed(struct app_view *v, enum err e, const struct fault *f)
{
	snapshot_unref(v->loading);
	v->loading = NULL;
	v->is_loading = false;
	/* another question is open: soon again; else what else is asked has its turn first */
	v->load_at = e == ERR_STATE ? (mono_t){0} : mono_add(clock_mono(), dur_ms(RELOAD_MS));
	if (e == ERR_STORE_DOWN || e == ERR_STATE || v->failed_before)
		return;
	v->failed_before = true;
	metric_set(METRIC_CAMPAIGN_STALE, 0, 1);
	struct log_line l;
	log_open(&l, LOG_ERROR,
		v->snap ? "campaigns could not be loaded; the last good ones stay"
			: "campaigns could not be loaded; there are no earlier ones, pages open");
	log_err(&l, e, f);
	log_emit(&l);
}

static void got_calendar(void *arg, enum err e, const struct rows *rows)
{
	struct app_view *v = arg;
	struct fault f = {0};
	if (e == OK)
		e = snapshot_calendar(v->loading, rows);
	if (e != OK) {
		load_failed(v, e, &f);
		return;
	}
	snapshot_unref(v->snap);
	v->snap = v->loading;
	v->loading = NULL;
	v->is_loading = v->failed_before = false;
	v->live_at = (mono_t){0}; /* a goal may be new, or in another currency */
	metric_set(METRIC_CAMPAIGN_EPOCH, 0, snapshot_epoch(v->snap));
	metric_set(METRIC_CAMPAIGN_STALE, 0, snapshot_left_out(v->snap) > 0);
	struct log_line l;
	log_open(&l, LOG_INFO, "campaigns loaded");
	log_int(&l, "epoch", snapshot_epoch(v->snap));
	log_int(&l, "campaigns", (int64_t)snapshot_campaign_set(v->snap)->n);
	log_emit(&l);
}

/* What becomes of gifts in the sites' currencies stands in the metrics from the first one on. */
static void show_currencies(const struct rows *rows)
{
	for (int i = 0; i < rows_n(rows); i++)
		for (size_t k = 0; k < PLEDGE_N; k++)
			metric_zero(METRIC_PLEDGES,
				metric_series(METRIC_PLEDGES, k,
					money_currency_no(row_str(rows, i, "currency")), 0));
}

static void got_sites(void *arg, enum err e, const struct rows *rows)
{
	struct app_view *v = arg;
	struct fault f = {0};
	struct store_args a;
	if (e == OK)
		e = snapshot_sites(v->loading, rows);
	if (e == OK)
		show_currencies(rows);
	store_args_init(&a);
	arg_utc(&a, v->load_utc);
	if (e == OK)
		e = batch_query(v->asks,
			conf_on(v->conf, CONF_view_explain) ? STMT_view_calendar_year
							    : STMT_view_calendar,
			&a, got_calendar, v);
	if (e != OK)
		load_failed(v, e, &f);
}

static void got_campaigns(void *arg, enum err e, const struct rows *rows)
{
	struct app_view *v = arg;
	struct fault f = {0};
	struct store_args a;
	if (e == OK)
		e = snapshot_campaigns(v->loading, rows, !v->snap, &f);
	store_args_init(&a);
	if (e == OK)
		e = batch_query(v->asks, STMT_view_sites, &a, got_sites, v);
	if (e != OK)
		load_failed(v, e, &f);
}

static void load(struct app_view *v, utc_t utc, mono_t now)
{
	bool due = !v->snap || snapshot_is_stale(v->snap, utc);
	for (size_t i = 0; i < v->batch_n && !due; i++)
		due = batch_epoch(v->batch[i]) > snapshot_epoch(v->snap);
	if (!due || v->is_loading || now.us < v->load_at.us || !batch_is_up(v->asks))
		return;
	struct store_args a;
	struct fault f = {0};
	store_args_init(&a);
	v->load_at = mono_add(now, dur_ms(RELOAD_MS));
	v->load_utc = utc;
	v->is_loading = true;
	enum err e = snapshot_new(&v->loading);
	if (e == OK)
		e = batch_query(v->asks, STMT_view_campaigns, &a, got_campaigns, v);
	if (e != OK)
		load_failed(v, e, &f);
}

static void got_goals(void *arg, enum err e, const struct rows *rows)
{
	struct app_view *v = arg;
	if (e == OK)
		live_load(&v->live, rows, v->live_utc);
	else
		v->live_at = mono_add(clock_mono(), dur_ms(LIVE_SOON));
}

/* Money raised. */
static void load_live(struct app_view *v, utc_t utc, mono_t now)
{
	if (now.us < v->live_at.us || !batch_is_up(v->asks))
		return;
	struct store_args a;
	store_args_init(&a);
	v->live_utc = utc;
	bool asked = batch_query(v->asks, STMT_view_goals_shown, &a, got_goals, v) == OK;
	v->live_at = mono_add(now, dur_ms(asked ? LIVE_MS : LIVE_SOON));
}

/* The batch takes one question at a time: campaigns come first, and wait for what is asked already.
 */
static void load_all(struct app_view *v, utc_t utc, mono_t now)
{
	int64_t every_s = conf_int(v->conf, CONF_robots_reload_s);
	if (v->snap && !v->is_loading && robots_load(v->robots, v->asks, utc, now, every_s))
		return;
	load(v, utc, now);
	if (v->snap && !v->is_loading) {
		load_live(v, utc, now);
		view_gauges_load(v, utc, now);
	}
}

/* {"counts": …, "pages": …, "samples": …, "claims": …, "visits": …} */
static enum err format_tally(struct app_view *v, struct buf *b)
{
	enum err e = tally_format(&v->tally, b);
	buf_addc(b, ",\"claims\":");
	if (e == OK)
		e = robots_format(v->robots, b);
	buf_addc(b, ",\"visits\":");
	if (e == OK)
		e = visits_format(&v->visits, b);
	buf_byte(b, '}');
	return e == OK ? buf_done(b) : e;
}

static void hand_in_tally(struct app_view *v, mono_t now, bool at_once)
{
	bool due = at_once || now.us >= v->tally_at.us || v->tally.count.n > TALLY_KEYS_MAX / 2 ||
		   v->tally.page.n > TALLY_PAGES_MAX / 2;
	if (v->tally.count.n == 0 || !due)
		return;
	for (size_t i = 0; i < v->batch_n; i++) {
		struct buf b;
		buf_init(&b, v->tally_text, TALLY_BYTES);
		if (!batch_is_up(v->batch[i]) || batch_has_tally(v->batch[i]) ||
			format_tally(v, &b) != OK)
			continue;
		if (batch_tally(v->batch[i], buf_str(&b), v->worker, v->tally_seq) == OK) {
			v->tally_seq++;
			v->tally_at = mono_add(now, dur_ms(TALLY_MS));
			tally_clear(&v->tally);
			robots_clear(v->robots);
			visits_clear(&v->visits);
			return;
		}
	}
}

/* Once a life each: such a thing comes with every batch. */
static void tell_once(bool *told, uint64_t n, const char *what, const struct fault *f)
{
	if (n == 0 || *told)
		return;
	*told = true;
	struct log_line l;
	log_open(&l, LOG_ERROR, what);
	log_err(&l, ERR_STORE, f);
	log_emit(&l);
}

static void tell_troubles(struct app_view *v)
{
	for (size_t i = 0; i < app_view_batches(v); i++) {
		struct batch *b = app_view_batch(v, i);
		struct batch_stats s = batch_stats(b);
		const struct fault *f = batch_trouble(b);
		tell_once(&v->told_unfit, s.unfit, "the database is of no use; pages open", f);
		tell_once(&v->told_malformed, s.malformed,
			"the database answers in another form; pages open", f);
		tell_once(&v->told_dropped, s.dropped,
			"counts were refused for good and are dropped", f);
	}
}

static void tell_gauges(const struct app_view *v)
{
	bool up = true;
	for (size_t i = 0; i < app_view_batches(v); i++)
		up = up && batch_is_up(app_view_batch(v, i));
	metric_set(METRIC_STORE_UP, 0, up);
	metric_set(METRIC_INFLIGHT, 0, (int64_t)v->held);
}

void app_view_tick(struct app_view *v, utc_t utc, mono_t now)
{
	app_view_expire(v, now);
	load_all(v, utc, now);
	hand_in_tally(v, now, false);
	bool beat = now.us >= v->beat_at.us;
	if (beat)
		v->beat_at = mono_add(now, dur_ms(BEAT_MS));
	if (app_view_ready(v) && v->held < v->max_requests / 2)
		spool_load(&v->spool, v->batch, v->batch_n, now);
	for (size_t i = 0; i < app_view_batches(v); i++) {
		struct batch *b = app_view_batch(v, i);
		batch_drive(b, 0, now, beat && now.us - batch_last_ok(b).us > BEAT_MS * 900);
	}
	tell_troubles(v);
	tell_gauges(v);
}

mono_t app_view_due(const struct app_view *v)
{
	mono_t first = {0};
	for (size_t i = 0; i < v->batch_n; i++) {
		mono_t due = batch_due(v->batch[i]);
		if (due.us && (!first.us || due.us < first.us))
			first = due;
	}
	return first;
}

bool app_view_drain(struct app_view *v, utc_t utc, mono_t now)
{
	bool idle = v->held == 0;
	hand_in_tally(v, now, true);
	app_view_tick(v, utc, now);
	for (size_t i = 0; i < v->batch_n; i++)
		idle = idle && (!batch_is_up(v->batch[i]) || batch_is_idle(v->batch[i]));
	return idle && (v->tally.count.n == 0 || !batch_is_up(v->batch[0]));
}

bool app_view_ready(const struct app_view *v)
{
	if (!v->snap)
		return false;
	for (size_t i = 0; i < v->batch_n; i++)
		if (!batch_is_up(v->batch[i]) ||
			clock_mono().us - batch_last_ok(v->batch[i]).us > FRESH_MS * 1000)
			return false;
	return true;
}
