/* app/webhook.c: a webhook is verified over its raw bytes and kept; the clerk looks the object up.
 */
#include "app/money.h"
#include "base/crash.h"
#include "base/label.h"
#include "base/log.h"
#include "base/metric.h"

/* Whoever sent it: the object is fetched, if it can be one of ours. */
static enum err keep_hint(struct app_money *m, const struct pay *p, const struct pay_event *ev,
	struct str body, utc_t now, bool *ret_new, struct fault *f)
{
	struct store_args a;
	ROWS_AUTO rows = NULL;
	store_args_init(&a);
	arg_c(&a, pay_name(p));
	arg_str(&a, ev->type);
	arg_c(&a, pay_kind_name(ev->kind));
	arg_str(&a, ev->object_id);
	arg_bool(&a, ev->livemode);
	arg_bytes(&a, body);
	arg_utc(&a, now);
	enum err e = store_call(m->store, STMT_inbox_hint, &a, &rows, f);
	*ret_new = e == OK && row_bool(rows, 0, "kept");
	return e;
}

static enum err keep(struct app_money *m, const struct pay *p, const struct pay_event *ev,
	struct str body, utc_t now, bool *ret_new, struct fault *f)
{
	struct store_args a;
	ROWS_AUTO rows = NULL;
	/* an event of the other mode is kept for the record and has no effect */
	bool act = !ev->ignored && ev->kind != PAY_KIND_NONE && ev->livemode == pay_livemode(p);
	store_args_init(&a);
	arg_c(&a, pay_name(p));
	arg_str(&a, ev->id);
	arg_str(&a, ev->type);
	arg_c(&a, pay_kind_name(act ? ev->kind : PAY_KIND_NONE));
	arg_opt(&a, ev->object_id);
	arg_bool(&a, ev->livemode);
	if (ev->created.us)
		arg_utc(&a, ev->created);
	else
		arg_null(&a);
	arg_c(&a, "");
	arg_bytes(&a, body);
	arg_utc(&a, now);
	enum stmt put = STMT_inbox_put;
	if (ev->declined && ev->livemode == pay_livemode(p)) {
		put = STMT_inbox_decline;
		arg_uuid(&a, uuid_is_nil(&ev->pledge) ? NULL : &ev->pledge);
		arg_opt(&a, ev->card);
	}
	enum err e = store_call(m->store, put, &a, &rows, f);
	*ret_new = e == OK && row_bool(rows, 0, "stored");
	return e;
}

/* The endpoint writes in another version than we ask for: the object is fetched in ours, so this
 * one counts, but somebody should set the endpoint right. */
static void note_version(const struct pay_event *ev)
{
	struct log_line l;
	metric_add(METRIC_EVENT_VERSION, 0, 1);
	log_open(&l, LOG_WARN, "an event of another version");
	log_str(&l, "event", ev->id);
	log_str(&l, "version", ev->version);
	log_emit(&l);
}

static void count(
	const struct pay *p, const struct pay_event *ev, enum err e, bool is_new, utc_t now)
{
	bool act = !ev->ignored && ev->kind != PAY_KIND_NONE && ev->livemode == pay_livemode(p);
	enum label_hook how = e == ERR_BAD_SIGNATURE ? HOOK_forged
			      : e == ERR_BAD_EVENT   ? HOOK_unreadable
			      : e != OK              ? HOOK_unkept
			      : !act                 ? HOOK_ignored
			      : is_new               ? HOOK_kept
						     : HOOK_repeated;
	enum pay_kind kind = e == OK && act ? ev->kind : PAY_KIND_NONE;
	metric_add(METRIC_WEBHOOKS, metric_series(METRIC_WEBHOOKS, pay_no(p), kind, how), 1);
	if (e == ERR_BAD_SIGNATURE)
		metric_add(METRIC_SIGNATURE_BAD, 0, 1);
	if (is_new && act && ev->declined && !uuid_is_nil(&ev->pledge))
		metric_add(METRIC_DECLINES, metric_series(METRIC_DECLINES, pay_no(p), 0, 0), 1);
	if (is_new && ev->created.us > 0)
		metric_observe(METRIC_WEBHOOK_LAG, 0, (dur_t){now.us - ev->created.us});
	if (e == OK && ev->signed_at.us > 0)
		metric_set(METRIC_CLOCK_OFFSET, 0, utc_s(now) - utc_s(ev->signed_at));
}

enum err app_webhook(struct app_money *m, struct str provider, struct str signature,
	struct str body, utc_t now, struct arena *a, struct fault *f)
{
	struct pay_event ev = {0};
	bool is_new = false;
	const struct pay *p = pays_find(&m->pays, provider);
	enum err e = p ? pay_webhook(p, signature, body, now, a, &ev, f)
		       : fault_set(f, ERR_NOT_FOUND, NULL, "this provider is not configured");
	CRASH_POINT("w.verified");
	if (e == OK)
		CRASH_POINT("w.begin");
	if (e == OK && ev.hint)
		e = ev.ignored ? OK : keep_hint(m, p, &ev, body, now, &is_new, f);
	else if (e == OK)
		e = keep(m, p, &ev, body, now, &is_new, f);
	CRASH_POINT("w.committed");
	if (e == OK && ev.other_version)
		note_version(&ev);
	if (p)
		count(p, &ev, e, is_new, now);
	struct log_line l;
	log_open(&l, e == OK ? LOG_INFO : LOG_WARN, "webhook");
	if (e == OK) {
		log_str(&l, "event", ev.id);
		log_str(&l, "type", ev.type);
	}
	log_err(&l, e, f);
	log_emit(&l);
	return e;
}
