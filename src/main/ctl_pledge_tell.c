/* main/ctl_pledge_tell.c: a pledge in words, and what waits for the operator. */
#include <stdarg.h>
#include <stdio.h>

#include "base/json.h"
#include "main/ctl_pledge.h"

/* --- words --------------------------------------------------------------------------------------
 */

static struct str text(const json_t *o, const char *key)
{
	return json_text(o, key);
}

static bool is(const json_t *o, const char *key, const char *word)
{
	return str_is(json_text(o, key), word);
}

static bool on(const json_t *o, const char *key)
{
	return json_is_true(json_object_get(o, key));
}

/* The value behind some words; nothing when there is none. */
static void say(const char *before, const json_t *o, const char *key)
{
	struct str s = text(o, key);
	if (s.n == 0)
		return;
	printf("%s", before);
	ctl_put(s);
}

static void say_time(const char *before, const json_t *o, const char *key)
{
	struct str s = text(o, key);
	if (s.n == 0)
		return;
	printf("%s", before);
	ctl_put_time(s);
}

static void say_money(const char *before, const json_t *o, const char *amount)
{
	if (text(o, amount).n == 0)
		return;
	say(before, o, amount);
	say(" ", o, "currency");
}

static long long number(const json_t *o, const char *key)
{
	return (long long)json_integer_value(json_object_get(o, key));
}

#define EACH(doc, list, o)                                                                         \
	const json_t *o;                                                                           \
	size_t o##_i;                                                                              \
	json_array_foreach(json_object_get(doc, list), o##_i, o)

/* --- the parts ----------------------------------------------------------------------------------
 */

static void tell_head(const json_t *d)
{
	const char *every = is(d, "interval", "month")  ? " by the month"
			    : is(d, "interval", "year") ? " by the year"
							: " once";
	say("pledge ", d, "pledge");
	say("  ", d, "status");
	say_time(" since ", d, "status_at");
	say_money("\n  ", d, "amount");
	printf("%s", every);
	say_money(", of which ", d, "cover");
	if (text(d, "cover").n > 0)
		printf(" covers the fee");
	say_time(", made ", d, "created_at");
	say(" on site ", d, "site");
	say(", ", d, "mode");
	printf(" mode\n  donor %s", text(d, "email").n ? "" : "without an address");
	say("", d, "email");
	say(", language ", d, "locale");
	say(", reader ", d, "reader");
	say(", from campaign ", d, "campaign");
	say(", variant ", d, "variant");
	say("\n  token ", d, "token");
	printf("\n");
}

static void tell_attempt(const json_t *a)
{
	printf("attempt %lld  ", number(a, "no"));
	say("", a, "state");
	say(", ", a, "provider");
	say(" ", a, "object");
	if (is(a, "state", "open"))
		say_time(", can be paid until ", a, "expires_at");
	say("; its call is ", a, "call_state");
	if (!is(a, "call_state", "done")) {
		printf(", tried %lld times", number(a, "call_tries"));
		say(": ", a, "call_error");
		if (is(a, "call_state", "open") && is(a, "call_outcome", "lost"))
			printf("; its page is looked for at the provider");
		say_time(", next ", a, "call_due");
	}
	printf("\n");
}

static void tell_claim(const char *what, const json_t *o)
{
	printf("  %-8s", what);
	say_money("", o, "amount");
	say(" ", o, "state");
	say_time(" since ", o, "state_at");
	say(", ", o, "provider_id");
	printf("\n");
}

static void tell_payment(const json_t *y)
{
	say("payment ", y, "receipt");
	say_money("  ", y, "amount");
	say(" ", y, "state");
	say_time(" ", y, "paid_at");
	say(", ", y, "provider_id");
	if (!str_eq(text(y, "intent"), text(y, "provider_id")))
		say(" ", y, "intent");
	if (is(y, "state", "paid") && !str_eq(text(y, "left"), text(y, "amount")))
		say_money("; left ", y, "left");
	say("; NOT AS PLEDGED: ", y, "mismatch");
	say("; accepted by an operator although another ", y, "accepted");
	printf("\n");
	EACH(y, "refunds", r) tell_claim("refund", r);
	EACH(y, "disputes", d) tell_claim("dispute", d);
	EACH(y, "fees", f)
	{
		say("  fee     for the ", f, "what");
		say_money(": ", f, "amount");
		say(", ", f, "provider_id");
		printf("\n");
	}
	EACH(y, "warnings", w)
	{
		say("  warning of fraud: ", w, "kind");
		printf("%s", on(w, "actionable") ? "" : ", nothing is to be done");
		say(", ", w, "provider_id");
		printf("\n");
	}
}

static void tell_recurring(const json_t *r)
{
	say("recurring ", r, "provider_id");
	say("  ", r, "state");
	say_time(" since ", r, "state_at");
	say_time(", paid until ", r, "until");
	say_money(", next ", r, "amount");
	say_time(", ends ", r, "ends_at");
	say_time(", paused until ", r, "paused_until");
	say(", last try failed: ", r, "failure");
	if (number(r, "failures") > 0)
		printf(", %lld tries", number(r, "failures"));
	say_time(", next try ", r, "next_try_at");
	say(", customer ", r, "customer");
	printf("%s\n", on(r, "duplicate") ? "; A SECOND ONE" : "");
}

static void tell_wish(const json_t *w)
{
	say("asked ", w, "wish");
	say("  ", w, "kind");
	say_money(" ", w, "amount");
	say_time(" until ", w, "until");
	say(" by ", w, "author");
	say_time(" on ", w, "created_at");
	say(" (", w, "reason");
	printf("%s", text(w, "reason").n ? ")" : "");
	say(": ", w, "state");
	say(", ", w, "error");
	if (is(w, "state", "sent")) {
		say("; its call is ", w, "call_state");
		printf(", tried %lld times", number(w, "call_tries"));
		say(": ", w, "call_error");
	}
	printf("\n");
}

static void tell_rest(const json_t *d)
{
	EACH(d, "mails", m)
	{
		say("mail ", m, "kind");
		say("  ", m, "state");
		say_time(" ", m, "ended_at");
		say(", to ", m, "recipient");
		say(": ", m, "error");
		printf("\n");
	}
	EACH(d, "webhooks", i)
	{
		printf("webhook %lld", number(i, "inbox"));
		say("  ", i, "type");
		say(" of ", i, "object");
		say(" ", i, "state");
		printf(", tried %lld times", number(i, "tries"));
		say(": ", i, "error");
		printf("\n");
	}
}

/* --- what to do ---------------------------------------------------------------------------------
 */

/* A line that begins with "! ": what is the matter, and the command that helps. */
PRINTFLIKE(1, 2)
static void hint(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	printf("! ");
	vprintf(fmt, ap);
	printf("\n");
	va_end(ap);
}

static void hint_payment(const json_t *d, const json_t *y)
{
	struct str id = text(d, "pledge"), receipt = text(y, "receipt"),
		   wrong = text(y, "mismatch");
	if (str_is(wrong, "livemode"))
		hint("payment %.*s is of the wrong mode: it counts for nothing", STR_FMT(receipt));
	else if (wrong.n)
		hint("payment %.*s is of another %.*s: pledgectl pledge resolve %.*s "
		     "--accept-mismatch %.*s, or pledgectl pledge refund %.*s",
			STR_FMT(receipt), STR_FMT(wrong), STR_FMT(id), STR_FMT(receipt),
			STR_FMT(receipt));
	EACH(y, "disputes", u)
	if (is(u, "state", "open"))
		hint("a dispute is open: answer it on the provider's own pages");
	else if (is(u, "state", "inquiry"))
		hint("the donor's bank asks about %.*s: answer on the provider's own pages, or "
		     "give "
		     "it back with pledgectl pledge refund %.*s",
			STR_FMT(receipt), STR_FMT(receipt));
	EACH(y, "refunds", r)
	if (is(r, "state", "failed") && text(r, "provider_id").n)
		hint("a refund of %.*s failed at the provider: the money is ours again; "
		     "pledgectl pledge refund %.*s",
			STR_FMT(text(r, "amount")), STR_FMT(receipt));
	EACH(y, "warnings", w)
	if (on(w, "actionable") && json_array_size(json_object_get(y, "disputes")) == 0)
		hint("fraud is likely: a refund now saves the dispute; pledgectl pledge refund "
		     "%.*s --reason fraudulent",
			STR_FMT(receipt));
}

static void tell_hints(const json_t *d)
{
	struct str id = text(d, "pledge");
	bool parked = false;
	EACH(d, "attempts", a) parked = parked || is(a, "call_state", "parked");
	EACH(d, "wishes", w) parked = parked || is(w, "call_state", "parked");
	if (parked)
		hint("a call is parked; when its cause is gone: pledgectl pledge resolve %.*s "
		     "--unpark",
			STR_FMT(id));
	if (on(d, "over_paid"))
		hint("paid more than once: give back what is too much with pledgectl pledge refund "
		     "RECEIPT, end the second subscription, or let it stay: pledgectl pledge "
		     "resolve "
		     "%.*s --keep",
			STR_FMT(id));
	EACH(d, "payments", y) hint_payment(d, y);
	EACH(d, "webhooks", i)
	if (is(i, "state", "parked"))
		hint("webhook %lld was given up: pledgectl inbox retry %lld", number(i, "inbox"),
			number(i, "inbox"));
	if (is(d, "status", "new") || is(d, "status", "offered") || is(d, "status", "processing"))
		hint("to ask the provider now how it stands: pledgectl pledge resolve %.*s --look",
			STR_FMT(id));
}

void ctl_pledge_tell(const struct ctl_pledge *p)
{
	const json_t *d = p->doc;
	tell_head(d);
	EACH(d, "attempts", a) tell_attempt(a);
	EACH(d, "payments", y) tell_payment(y);
	EACH(d, "recurring", r) tell_recurring(r);
	EACH(d, "wishes", w) tell_wish(w);
	tell_rest(d);
	tell_hints(d);
}
