/* web/words.c: words and amounts for people. */
#include "web/words.h"
#include "core/copy.h"

static const struct {
	const char *en, *ru;
} WORDS[WORD_N] = {
#define X(key, en, ru) {en, ru},
#define P(error, en, ru)
#include "web/words.def"
#undef X
#undef P
};

static const struct {
	enum err err;
	const char *en, *ru;
} PROBLEMS[] = {
#define X(key, en, ru)
#define P(error, en, ru) {ERR_##error, en, ru},
#include "web/words.def"
#undef X
#undef P
};

static bool is_ru(struct str locale)
{
	return str_starts(locale, "ru") && (locale.n == 2 || locale.p[2] == '-');
}

struct str words_pick(enum word w, struct str locale)
{
	return str_c(is_ru(locale) ? WORDS[w].ru : WORDS[w].en);
}

struct str words_form(enum word w, uint32_t n, struct str locale)
{
	struct str rest = words_pick(w, locale), form;
	size_t which = copy_form(words_lang(locale), n);

	for (size_t i = 0; str_cut(&rest, '|', &form) && i < which; i++)
		;
	return form;
}

struct str words_problem(enum err e, struct str locale)
{
	for (size_t i = 0; i < ARRAY_N(PROBLEMS); i++)
		if (PROBLEMS[i].err == e)
			return str_c(is_ru(locale) ? PROBLEMS[i].ru : PROBLEMS[i].en);
	return str_c(err_sentence(e));
}

struct str words_lang(struct str locale)
{
	return is_ru(locale) ? STR("ru") : STR("en");
}

static const struct {
	const char *code, *symbol;
} SYMBOLS[] = {
	{"EUR", "€"},
	{"USD", "$"},
	{"GBP", "£"},
	{"JPY", "¥"},
	{"PLN", "zł"},
	{"ILS", "₪"},
	{"INR", "₹"},
	{"TRY", "₺"},
};

static struct str symbol(struct str currency)
{
	for (size_t i = 0; i < ARRAY_N(SYMBOLS); i++)
		if (str_is(currency, SYMBOLS[i].code))
			return str_c(SYMBOLS[i].symbol);
	return (struct str){NULL, 0};
}

/* Groups of three from five digits on: 12,345 but 1234. */
static void grouped(struct buf *b, struct str whole, struct str mark)
{
	for (size_t i = 0; i < whole.n; i++) {
		if (i > 0 && whole.n > 4 && (whole.n - i) % 3 == 0)
			buf_add(b, mark);
		buf_byte(b, whole.p[i]);
	}
}

static void number(struct buf *b, struct str amount, struct str locale)
{
	struct str decimal = words_pick(WORD_decimal, locale);
	struct str whole, rest = amount;
	bool zeros = true;
	str_cut(&rest, '.', &whole);
	grouped(b, whole, words_pick(WORD_group, locale));
	for (size_t i = 0; i < rest.n; i++)
		zeros = zeros && rest.p[i] == '0';
	if (!zeros) {
		buf_add(b, decimal);
		buf_add(b, rest);
	}
}

void words_day(struct buf *b, struct str day, struct str locale)
{
	struct str rest = day, year, month;
	uint64_t m, d;
	if (!str_cut(&rest, '-', &year) || !str_cut(&rest, '-', &month) ||
		str_u64(month, 12, &m) != OK || m == 0 || str_u64(rest, 31, &d) != OK) {
		buf_add(b, day);
		return;
	}
	buf_addf(b, "%llu\u00a0", (unsigned long long)d);
	buf_add(b, words_pick((enum word)(WORD_month_1 + m - 1), locale));
	buf_byte(b, ' ');
	buf_add(b, year);
}

void words_number(struct buf *b, uint64_t n, struct str locale)
{
	BUF_ON(digits, 24);
	buf_addf(&digits, "%llu", (unsigned long long)n);
	grouped(b, buf_str(&digits), words_pick(WORD_group, locale));
}

void words_amount(struct buf *b, struct str amount, struct str currency, struct str locale)
{
	struct str rest = words_pick(WORD_amount_format, locale), s = symbol(currency);
	if (s.n == 0) { /* a code stands behind the number in every language */
		number(b, amount, locale);
		buf_addc(b, "\u00a0");
		buf_add(b, currency);
		return;
	}
	while (rest.n > 0) {
		if (str_starts(rest, "{s}") || str_starts(rest, "{n}")) {
			if (rest.p[1] == 's')
				buf_add(b, s);
			else
				number(b, amount, locale);
			rest = (struct str){rest.p + 3, rest.n - 3};
		} else {
			if (rest.p[0] == ' ')
				buf_addc(b, "\u00a0");
			else
				buf_byte(b, rest.p[0]);
			rest = (struct str){rest.p + 1, rest.n - 1};
		}
	}
}

void words_retry(struct buf *b, int64_t seconds, struct str locale)
{
	bool minutes = seconds >= 120;
	struct str rest = words_pick(minutes ? WORD_retry_minutes : WORD_retry_seconds, locale);
	for (; rest.n > 0; rest = (struct str){rest.p + 1, rest.n - 1})
		if (str_starts(rest, "{n}")) {
			words_number(
				b, (uint64_t)(minutes ? (seconds + 59) / 60 : seconds), locale);
			rest = (struct str){rest.p + 2, rest.n - 2};
		} else {
			buf_byte(b, rest.p[0]);
		}
}
