/* core/pledge.c: checking a request for a pledge. */
#include "core/pledge.h"

static const struct { const char *name; bool final; const char *sentence; } STATUS[PLEDGE_N] = {
#define X(name, final, sentence) { #name, final, sentence },
#include "core/pledge.def"
#undef X
};

const char *pledge_status_name(enum pledge_status s)
{
	return s < PLEDGE_N ? STATUS[s].name : "?";
}

const char *pledge_status_sentence(enum pledge_status s)
{
	return s < PLEDGE_N ? STATUS[s].sentence : "";
}

bool pledge_status_is_final(enum pledge_status s)
{
	return s < PLEDGE_N && STATUS[s].final;
}

enum err pledge_status_parse(struct str s, enum pledge_status *ret)
{
	for (int i = 0; i < PLEDGE_N; i++)
		if (str_is(s, STATUS[i].name)) {
			*ret = (enum pledge_status)i;
			return OK;
		}
	return ERR_FIELD_BAD;
}

static bool is_label(struct str s)
{
	return s.n > 0 && s.n <= 63 && str_is_word(s, "-") && s.p[0] != '-' && s.p[s.n - 1] != '-';
}

static bool is_domain(struct str s)
{
	struct str rest = s, label;
	size_t n = 0;
	if (str_is(s, "localhost"))
		return true;
	if (s.n == 0 || s.p[s.n - 1] == '.')
		return false;
	for (; str_cut(&rest, '.', &label); n++)
		if (!is_label(label))
			return false;
	return n >= 2;
}

/* The plain addresses that mail systems agree on; nothing that could end a header or name a second recipient. */
static bool is_email(struct str s)
{
	struct str rest = s, local;
	if (s.n < 3 || s.n > 254 || !str_cut(&rest, '@', &local) || local.n == 0 || local.n > 64)
		return false;
	if (!str_is_word(local, "!#$%&'*+-/=?^_`{|}~.") || local.p[0] == '.' || local.p[local.n - 1] == '.')
		return false;
	for (size_t i = 1; i < local.n; i++)
		if (local.p[i] == '.' && local.p[i - 1] == '.')
			return false;
	return is_domain(rest);
}

static bool is_slug(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] >= 'A' && s.p[i] <= 'Z')
			return false;
	return s.n <= 64 && str_is_word(s, "-");
}

enum err pledge_check(const struct pledge_form *in, struct pledge_want *ret, struct fault *f)
{
	struct pledge_want w = { .email = in->email, .campaign = in->campaign, .key = in->key, .locale = in->locale.n ? in->locale : STR("en") };
	if (in->key.n == 0)
		return fault_set(f, ERR_KEY_MISSING, "key", "send the same key when you repeat the request");
	if (in->key.n < 16 || in->key.n > 64 || !str_is_word(in->key, "-_"))
		return fault_set(f, ERR_KEY_BAD, "key", "16 to 64 of A-Z a-z 0-9 - _");
	if (in->currency.n == 0)
		return fault_set(f, ERR_FIELD_MISSING, "currency", "which currency?");
	bool other = str_is(in->amount, "other");
	if (in->amount.n == 0 || (other && in->other_amount.n == 0))
		return fault_set(f, ERR_FIELD_MISSING, other ? "other_amount" : "amount", "how much?");
	enum err e = money_parse(other ? in->other_amount : in->amount, in->currency, &w.money, f);
	if (e != OK)
		return e;
	e = in->interval.n ? campaign_interval_parse(in->interval, &w.interval) : ERR_INTERVAL_BAD;
	if (e != OK)
		return fault_set(f, e, "interval", "once, month or year");
	if (in->email.n && !is_email(in->email))
		return fault_set(f, ERR_EMAIL_BAD, "email", "check the address or leave it empty");
	if (!is_slug(in->campaign))
		return fault_set(f, ERR_FIELD_BAD, "campaign", "a campaign's name is small letters, digits and -");
	if (w.locale.n > 16 || !str_is_word(w.locale, "-"))
		return fault_set(f, ERR_FIELD_BAD, "locale", "a language such as en or pt-BR");
	*ret = w;
	return OK;
}

enum err pledge_fingerprint(const struct pledge_want *w, struct buf *out)
{
	buf_addf(out, "v1\n%lld\n%s\n%s\n", (long long)w->money.minor, w->money.cur, campaign_interval_name(w->interval));
	buf_add(out, w->email);
	buf_byte(out, '\n');
	buf_add(out, w->campaign);
	buf_byte(out, '\n');
	return buf_done(out);
}
