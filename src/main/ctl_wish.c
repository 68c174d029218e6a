/* main/ctl_wish.c: pledgectl pledge refund, cancel, pause, resume, amount: what is asked of the
 * provider. Nothing is called here: the clerk does that, so the operator needs no provider's key.
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/json.h"
#include "core/money.h"
#include "main/ctl_pledge.h"

#define WAIT_S   90
#define PAUSE_MS 250

struct want {
	const char *kind, *word;
	const char *amount, *until, *reason, *author;
	bool wait;
	struct ctl_pledge p;
	struct uuid payment, recurring, wish;
	struct money money; /* cur empty: all that is left, or none */
	utc_t until_at;
	char by[CTL_AUTHOR_MAX];
};

static const struct {
	const char *word, *sentence;
} REFUSALS[] = {
	{"unknown", "the pledge has no such payment"},
	{"not_paid", "the payment has not arrived"},
	{"wrong_mode", "test and live money do not mix"},
	{"currency", "the gift is in another currency"},
	{"disputed",
		"it is disputed: until that is decided nothing can be given back, and nothing of "
		"what is lost"},
	{"too_much", "that is nothing, or more than is left"},
	{"too_little", "the amount must be above zero"},
	{"not_recurring", "this is not a recurring gift"},
	{"ended", "the recurring gift has ended already"},
	{"busy", "another change of it is still under way"},
	{"past", "that time is over"},
	{"not_open", "there is no open page"},
};

/* --- answers ------------------------------------------------------------------------------------
 */

/* detail: "word" or "word: more". */
static int refuse(struct str detail)
{
	struct str rest = detail, word;
	const char *sentence = NULL;
	(void)str_cut(&rest, ':', &word);
	for (size_t i = 0; i < ARRAY_N(REFUSALS); i++)
		if (str_is(word, REFUSALS[i].word))
			sentence = REFUSALS[i].sentence;
	fprintf(stderr, "pledgectl: refused: %s (%.*s)\n", sentence ? sentence : "it cannot be",
		STR_FMT(detail));
	return CTL_FAILED;
}

static int await(struct ctl *c, const struct want *w)
{
	for (int ms = 0; ms < WAIT_S * 1000; ms += PAUSE_MS) {
		struct fault f = {0};
		struct store_args a;
		ROWS_AUTO r = NULL;
		store_args_init(&a);
		arg_uuid(&a, &w->wish);
		enum err e = store_call(c->store, STMT_wish_state, &a, &r, &f);
		if (e != OK)
			return ctl_fail(e, &f);
		struct str state = row_str(r, 0, "state");
		if (str_is(state, "done")) {
			bool pending = str_is(row_str(r, 0, "refund"), "pending");
			printf("%s: done%s\n", w->kind,
				pending ? "; the money is on its way back" : "");
			return CTL_OK;
		}
		if (str_is(state, "refused") || str_is(state, "failed")) {
			fprintf(stderr, "pledgectl: %s: %.*s: %.*s\n", w->kind, STR_FMT(state),
				STR_FMT(row_str(r, 0, "error")));
			return CTL_FAILED;
		}
		nanosleep(&(struct timespec){.tv_nsec = PAUSE_MS * 1000000L}, NULL);
	}
	fprintf(stderr,
		"pledgectl: %s: not answered yet; the clerk goes on, pledgectl pledge show tells "
		"how it ends\n",
		w->kind);
	return CTL_AWAY;
}

static int ask(struct ctl *c, struct want *w)
{
	struct fault f = {0};
	struct store_args a;
	ROWS_AUTO r = NULL;
	char id[37];
	bool refund = strcmp(w->kind, "refund") == 0;
	enum err e = uuid_new7(clock_utc(), &w->wish);
	if (e != OK)
		return ctl_fail(e, NULL);
	store_args_init(&a);
	arg_uuid(&a, &w->wish);
	arg_uuid(&a, &w->p.pledge);
	arg_c(&a, w->kind);
	arg_uuid(&a, refund ? &w->payment : NULL);
	arg_uuid(&a, refund ? NULL : &w->recurring);
	arg_null(&a);
	if (w->money.cur[0])
		arg_int(&a, w->money.minor);
	else
		arg_null(&a);
	arg_opt(&a, str_c(w->money.cur));
	if (w->until_at.us)
		arg_utc(&a, w->until_at);
	else
		arg_null(&a);
	arg_c(&a, w->reason);
	arg_c(&a, w->by);
	arg_utc(&a, clock_utc());
	uuid_format(&w->wish, id);
	e = store_call(c->store, STMT_wish_ask, &a, &r, &f);
	if (e != OK) {
		fprintf(stderr, "pledgectl: not sure whether %s was stored: pledge show tells\n",
			id);
		return ctl_fail(e, &f);
	}
	/* `same`: the answer to our own first try was lost */
	if (!str_is(row_str(r, 0, "outcome"), "asked") && !str_is(row_str(r, 0, "outcome"), "same"))
		return refuse(row_str(r, 0, "detail"));
	printf("%s: asked as %s", w->kind, id);
	if (refund)
		printf(", %.*s", STR_FMT(row_str(r, 0, "detail")));
	printf("%s\n", w->wait ? "" : "; the clerk sends it within seconds");
	(void)fflush(stdout);
	return w->wait ? await(c, w) : CTL_OK;
}

/* --- of which payment, of which subscription ----------------------------------------------------
 */

static bool may_go_back(const json_t *y)
{
	struct str left = json_text(y, "left");
	return str_is(json_text(y, "state"), "paid") && strspn(left.p, "0.") < left.n;
}

/* The payment that was named, else the only one that can be given back. */
static int pick_payment(struct want *w)
{
	const json_t *list = json_object_get(w->p.doc, "payments"), *y, *found = NULL;
	struct fault f = {0};
	char id[37] = "";
	size_t i, n = 0;
	if (w->p.has_payment)
		uuid_format(&w->p.payment, id);
	json_array_foreach(list, i, y)
	{
		if (id[0] ? str_is(json_text(y, "payment"), id) : may_go_back(y)) {
			found = y;
			n++;
		}
	}
	if (n == 0) {
		fprintf(stderr, "pledgectl: refused: no payment of it can be given back\n");
		return CTL_FAILED;
	}
	if (n > 1) {
		fprintf(stderr, "pledgectl: it has %zu payments, name one of them:\n", n);
		json_array_foreach(list, i, y)
		{
			if (may_go_back(y))
				fprintf(stderr, "  %.*s  %.*s %.*s left\n",
					STR_FMT(json_text(y, "receipt")),
					STR_FMT(json_text(y, "left")),
					STR_FMT(json_text(y, "currency")));
		}
		return CTL_FAILED;
	}
	enum err e = uuid_parse(json_text(found, "payment"), &w->payment);
	if (e == OK && w->amount)
		e = money_parse_part(str_c(w->amount), json_text(found, "currency"), &w->money, &f);
	return e == OK ? CTL_OK : ctl_fail(e, &f);
}

/* The subscription that was named, else the only live one. An ended one is named when there is no
 * other, so that the answer is that it has ended. */
static int pick_recurring(struct want *w)
{
	const json_t *list = json_object_get(w->p.doc, "recurring"), *r, *found = NULL;
	struct fault f = {0};
	size_t i, live = 0;
	json_array_foreach(list, i, r)
	{
		bool named = str_is(json_text(r, "provider_id"), w->word) ||
			     str_is(json_text(r, "recurring"), w->word);
		bool alive = !str_is(json_text(r, "state"), "ended");
		if (named || alive || !found)
			found = r;
		if (named) {
			live = 1;
			break;
		}
		live += alive;
	}
	if (!found)
		return refuse(STR("not_recurring"));
	if (live > 1) {
		fprintf(stderr,
			"pledgectl: it has %zu live subscriptions, name one of them as the "
			"provider does\n",
			live);
		return CTL_FAILED;
	}
	enum err e = uuid_parse(json_text(found, "recurring"), &w->recurring);
	struct str cur = json_text(found, "currency");
	if (e == OK && w->amount)
		e = money_parse(str_c(w->amount), cur.n ? cur : json_text(w->p.doc, "currency"),
			&w->money, &f);
	return e == OK ? CTL_OK : ctl_fail(e, &f);
}

/* --- commands -----------------------------------------------------------------------------------
 */

static bool read_until(struct want *w)
{
	BUF_ON(b, 64);
	buf_addc(&b, w->until);
	if (strlen(w->until) == 10) /* a day begins */
		buf_addc(&b, "T00:00:00Z");
	return buf_done(&b) == OK && clock_parse(buf_str(&b), &w->until_at) == OK;
}

/* takes: the options of this command, of amount, until, end, keep. */
static bool read_words(struct want *w, const char *takes, int argc, char **argv)
{
	static const struct option OPTIONS[] = {{"amount", required_argument, NULL, 'a'},
		{"until", required_argument, NULL, 'u'}, {"at-end", no_argument, NULL, 'e'},
		{"keep", no_argument, NULL, 'k'}, {"reason", required_argument, NULL, 'r'},
		{"author", required_argument, NULL, 'o'}, {"wait", no_argument, NULL, 'w'}, {0}};
	for (int o; (o = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1;) {
		if (!strchr(takes, o) && !strchr("row", o))
			return false;
		switch (o) {
		case 'a': w->amount = optarg; break;
		case 'u': w->until = optarg; break;
		case 'e': w->kind = "cancel_at_end"; break;
		case 'k': w->kind = "keep"; break;
		case 'r': w->reason = optarg; break;
		case 'o': w->author = optarg; break;
		case 'w': w->wait = true; break;
		default: return false;
		}
	}
	if (optind >= argc)
		return false;
	w->word = argv[optind++];
	if (strcmp(w->kind, "amount") == 0 && optind < argc)
		w->amount = argv[optind++];
	if (optind != argc || (w->reason && strlen(w->reason) > 500))
		return false;
	if (strcmp(w->kind, "amount") == 0)
		return w->amount;
	return strcmp(w->kind, "pause") != 0 || (w->until && read_until(w));
}

static int run(struct ctl *c, const char *kind, const char *takes, int argc, char **argv)
{
	struct want w = {.kind = kind};
	char mem[CTL_SHIELD_MAX];
	ctl_shield(argc, argv, mem);
	if (!read_words(&w, takes, argc, argv))
		return ctl_usage(c);
	int code = ctl_pledge_open(c, w.word, false, &w.p);
	if (code == CTL_OK)
		code = ctl_author(c, w.author, w.by);
	if (code == CTL_OK)
		code = strcmp(kind, "refund") == 0 ? pick_payment(&w) : pick_recurring(&w);
	if (code == CTL_OK)
		code = ask(c, &w);
	ctl_pledge_close(&w.p);
	return code;
}

int ctl_pledge_refund(struct ctl *c, int argc, char **argv)
{
	return run(c, "refund", "a", argc, argv);
}

int ctl_pledge_cancel(struct ctl *c, int argc, char **argv)
{
	return run(c, "cancel", "ek", argc, argv);
}

int ctl_pledge_pause(struct ctl *c, int argc, char **argv)
{
	return run(c, "pause", "u", argc, argv);
}

int ctl_pledge_resume(struct ctl *c, int argc, char **argv)
{
	return run(c, "resume", "", argc, argv);
}

int ctl_pledge_amount(struct ctl *c, int argc, char **argv)
{
	return run(c, "amount", "", argc, argv);
}
