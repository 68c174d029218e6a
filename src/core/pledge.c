/* core/pledge.c: what a request for a pledge may hold. */
#include <inttypes.h>
#include <string.h>

#include "core/pledge.h"

#define KEY_MIN      16
#define KEY_MAX      64
#define EMAIL_MAX    254
#define LOCAL_MAX    64
#define LABEL_MAX    63
#define CAMPAIGN_MAX 64
#define LOCALE_MAX   16

/* --- states ---------------------------------------------------------------------------------- */

static const struct {
	const char *name;
	bool is_final;
} states[PLEDGE_N] = {
#define X(name, final, sentence, ru) [PLEDGE_##name] = {#name, final},
#include "core/pledge.def"
};

const char *pledge_status_name(enum pledge_status s)
{
	return (unsigned)s < PLEDGE_N ? states[s].name : "unknown";
}

bool pledge_status_is_final(enum pledge_status s)
{
	return (unsigned)s < PLEDGE_N && states[s].is_final;
}

enum err pledge_status_parse(struct str s, enum pledge_status *ret)
{
	for (unsigned i = 0; i < PLEDGE_N; i++)
		if (str_is(s, states[i].name)) {
			*ret = (enum pledge_status)i;
			return OK;
		}
	return ERR_FIELD_BAD;
}

/* --- events ---------------------------------------------------------------------------------- */

/* What a cell of the table may hold; an empty one is not answered. */
enum cell {
	CELL_,
	CELL_stay,
#define X(name, final, sentence, ru) CELL_##name,
#include "core/pledge.def"
	CELL_STATE_END,
#define REFUSAL(word, why) CELL_##word,
#include "core/pledge.def"
	CELL_N
};
#define CELL_STATE_FIRST ((int)CELL_STATE_END - (int)PLEDGE_N)

static const char *const refusals[CELL_N] = {
#define REFUSAL(word, why) [CELL_##word] = why,
#include "core/pledge.def"
};

static const struct {
	const char *name;
	unsigned char cell[PLEDGE_N];
} events[PLEDGE_EVENT_N] = {
#define EVENT(name, sentence, a, b, c, d, e, f, g, h, i, j, k)                                     \
	[PLEDGE_ON_##name] = {#name, {CELL_##a, CELL_##b, CELL_##c, CELL_##d, CELL_##e, CELL_##f,  \
					     CELL_##g, CELL_##h, CELL_##i, CELL_##j, CELL_##k}},
#include "core/pledge.def"
};

const char *pledge_event_name(enum pledge_event ev)
{
	return (unsigned)ev < PLEDGE_EVENT_N ? events[ev].name : "unknown";
}

enum pledge_answer pledge_next(
	enum pledge_status s, enum pledge_event ev, enum pledge_status *ret, const char **ret_why)
{
	int cell = (unsigned)s < PLEDGE_N && (unsigned)ev < PLEDGE_EVENT_N ? events[ev].cell[s]
									   : CELL_;

	ASSERT(cell >= 0 && cell < CELL_N);
	*ret = s;
	if (ret_why)
		*ret_why = refusals[cell];
	if (cell == CELL_)
		return PLEDGE_UNANSWERED;
	if (cell == CELL_stay)
		return PLEDGE_STAY;
	if (cell > CELL_STATE_END)
		return PLEDGE_REFUSE;
	ASSERT(cell >= CELL_STATE_FIRST && cell < CELL_STATE_FIRST + PLEDGE_N);
	*ret = (enum pledge_status)(cell - CELL_STATE_FIRST);
	return PLEDGE_MOVE;
}

bool pledge_moves(enum pledge_status from, enum pledge_status to)
{
	enum pledge_status next;

	for (int ev = 0; ev < PLEDGE_EVENT_N; ev++)
		if (pledge_next(from, (enum pledge_event)ev, &next, NULL) == PLEDGE_MOVE &&
			next == to)
			return true;
	return false;
}

/* --- e-mail ---------------------------------------------------------------------------------- */

/* Words parted by single dots, each 1 to max bytes of letters, digits and extra. */
static bool is_dotted(struct str s, const char *extra, size_t max, size_t *ret_words)
{
	struct str word;
	size_t n = 0;

	if (s.n == 0 || s.p[s.n - 1] == '.')
		return false;
	for (; str_cut(&s, '.', &word); n++)
		if (word.n == 0 || word.n > max || !str_is_word(word, extra))
			return false;
	*ret_words = n;
	return true;
}

/* Host names only: no label begins or ends with a hyphen, and the last one is not a number, which
 * would be an address of the net. */
static bool is_domain(struct str s)
{
	struct str label = {NULL, 0};
	size_t labels;
	uint64_t number;

	if (!is_dotted(s, "-", LABEL_MAX, &labels) || (labels < 2 && !str_is(s, "localhost")))
		return false;
	while (str_cut(&s, '.', &label)) {
		ASSERT(label.n > 0 && label.n <= LABEL_MAX);
		if (label.p[0] == '-' || label.p[label.n - 1] == '-')
			return false;
	}
	return str_u64(label, UINT64_MAX, &number) == ERR_FIELD_BAD;
}

/* Every mail server takes these; quoted local parts, comments and letters beyond ASCII are refused.
 */
static bool is_email(struct str s)
{
	struct str local, domain = s;
	size_t words;

	return s.n <= EMAIL_MAX && str_cut(&domain, '@', &local) &&
	       is_dotted(local, "!#$%&'*+-/=?^_`{|}~", LOCAL_MAX, &words) && local.n <= LOCAL_MAX &&
	       is_domain(domain);
}

/* --- the request ----------------------------------------------------------------------------- */

static enum err check_key(struct str key, struct fault *f)
{
	if (key.n == 0)
		return fault_set(f, ERR_KEY_MISSING, "key", "%s", "no key is given");
	if (key.n < KEY_MIN || key.n > KEY_MAX || !str_is_word(key, "-_"))
		return fault_set(f, ERR_KEY_BAD, "key", "not %d to %d letters, digits, - or _",
			KEY_MIN, KEY_MAX);
	return OK;
}

bool pledge_key_is_form(struct str key)
{
	return str_starts(key, PLEDGE_FORM_KEY);
}

/* The field at fault is the one that the reader filled in. */
static enum err check_money(const struct pledge_form *in, struct money *ret, struct fault *f)
{
	struct fault own = {0};
	bool other = str_is(in->amount, "other");
	struct str amount = other ? in->other_amount : in->amount;

	if (in->currency.n == 0)
		return fault_set(f, ERR_FIELD_MISSING, "currency", "%s", "no currency is given");
	if (amount.n == 0)
		return fault_set(f, ERR_FIELD_MISSING, other ? "other_amount" : "amount", "%s",
			"no amount is given");
	enum err e = money_parse(amount, in->currency, ret, &own);
	if (e == OK)
		return OK;
	bool in_other = other && e != ERR_CURRENCY_UNKNOWN;
	return fault_set(f, e, in_other ? "other_amount" : own.field, "%s", own.detail);
}

static bool is_slug(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] >= 'A' && s.p[i] <= 'Z')
			return false;
	return str_is_word(s, "-");
}

static enum err check_word(
	struct str s, size_t max, bool is_right, const char *field, struct fault *f)
{
	if (s.n > max)
		return fault_set(f, ERR_FIELD_TOO_LONG, field, "more than %zu bytes", max);
	if (!is_right)
		return fault_set(f, ERR_FIELD_BAD, field, "%s", "a character that cannot be there");
	return OK;
}

enum err pledge_check_email(struct str email, struct fault *f)
{
	if (!is_email(email))
		return fault_set(
			f, ERR_EMAIL_BAD, "email", "%s", "not name@example.org, or too long");
	return OK;
}

enum err pledge_check_locale(struct str locale, struct fault *f)
{
	return check_word(
		locale, LOCALE_MAX, locale.n >= 2 && str_is_word(locale, "-_"), "locale", f);
}

/* A box that is not ticked is not sent. */
static enum err check_cover(struct str s, bool *ret, struct fault *f)
{
	*ret = str_is(s, "1") || str_is(s, "true");
	if (*ret || s.n == 0 || str_is(s, "0") || str_is(s, "false"))
		return OK;
	return fault_set(f, ERR_FIELD_BAD, "cover", "%s", "not 1 or true");
}

enum err pledge_check(const struct pledge_form *in, struct pledge_want *ret, struct fault *f)
{
	struct pledge_want w = {.email = in->email, .campaign = in->campaign, .key = in->key};

	w.locale = in->locale.n > 0 ? in->locale : STR("en");
	enum err e = check_key(w.key, f);
	if (e == OK)
		e = check_money(in, &w.money, f);
	if (e == OK && campaign_interval_parse(in->interval, &w.interval) != OK)
		e = fault_set(f, ERR_INTERVAL_BAD, "interval", "%s", "not once, month or year");
	if (e == OK && w.email.n > 0)
		e = pledge_check_email(w.email, f);
	if (e == OK)
		e = check_word(w.campaign, CAMPAIGN_MAX, is_slug(w.campaign), "campaign", f);
	if (e == OK)
		e = pledge_check_locale(w.locale, f);
	if (e == OK)
		e = check_cover(in->cover, &w.covers, f);
	if (e == OK)
		*ret = w;
	return e;
}

/* No part can hold a line break, so no two pledges have one text. */
enum err pledge_fingerprint(const struct pledge_want *w, struct buf *out)
{
	ASSERT(w->money.cur[3] == '\0' && (unsigned)w->interval < INTERVAL_N);
	buf_addf(out, "pledge 1\n%s\n%" PRId64 "\n%s\n", w->money.cur, w->money.minor,
		campaign_interval_name(w->interval));
	buf_add(out, w->email);
	buf_byte(out, '\n');
	buf_add(out, w->campaign);
	buf_byte(out, '\n');
	if (w->covers)
		buf_addc(out, "cover\n");
	return buf_done(out);
}
