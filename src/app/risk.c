/* app/risk.c: signs of a pledge that comes. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/risk.h"

#define FILE_MAX_BYTES (1u << 20)
#define FAST_MS        5000
#define SMALL_TIMES    5
#define ODD_DIGITS     5
#define ODD_CONSONANTS 6

static const char *const NAMES[RISK_N] = {
#define X(name, what) #name,
#include "app/risk.def"
#undef X
};

/* --- domains --------------------------------------------------------------------------------- */

/* All of a file, with room for two bytes more. */
static enum err read_all(const char *path, char **ret, size_t *ret_n, struct fault *f)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *mem = fd < 0 ? NULL : malloc(FILE_MAX_BYTES + 3);
	ssize_t got = mem ? 1 : -1;
	size_t n = 0;
	while (got > 0 && n <= FILE_MAX_BYTES) {
		got = read(fd, mem + n, FILE_MAX_BYTES + 1 - n);
		if (got < 0 && errno == EINTR)
			got = 1;
		else if (got > 0)
			n += (size_t)got;
	}
	if (fd >= 0)
		close(fd);
	if (got < 0 || n > FILE_MAX_BYTES) {
		free(mem);
		return fault_set(f, ERR_CONF, "risk.domains_file",
			"%s cannot be read, or is larger than 1 MiB", path);
	}
	*ret = mem;
	*ret_n = n;
	return OK;
}

enum err domains_load(const char *path, struct domains *ret, struct fault *f)
{
	char *text = NULL;
	size_t n = 0;
	struct str rest, line;
	if (!path[0]) {
		domains_free(ret);
		return OK;
	}
	enum err e = read_all(path, &text, &n, f);
	if (e != OK)
		return e;
	struct domains d = {.text = malloc(n + 3)};
	if (!d.text) {
		free(text);
		return ERR_NO_MEMORY;
	}
	d.text[d.n++] = '\n';
	rest = (struct str){text, n};
	while (str_cut(&rest, '\n', &line)) {
		struct str word;
		(void)str_cut(&line, '#', &word);
		word = str_trim(word);
		for (size_t i = 0; i < word.n; i++)
			d.text[d.n++] = (char)tolower((unsigned char)word.p[i]);
		if (word.n)
			d.text[d.n++] = '\n';
	}
	free(text);
	domains_free(ret);
	*ret = d;
	return OK;
}

void domains_free(struct domains *d)
{
	free(d->text);
	*d = (struct domains){0};
}

bool domains_has(const struct domains *d, struct str domain)
{
	char line[256 + 2];
	while (d->n > 0 && domain.n > 0 && domain.n < 256) {
		line[0] = '\n';
		for (size_t i = 0; i < domain.n; i++)
			line[i + 1] = (char)tolower((unsigned char)domain.p[i]);
		line[domain.n + 1] = '\n';
		if (memmem(d->text, d->n, line, domain.n + 2))
			return true;
		struct str label;
		(void)str_cut(&domain, '.', &label);
	}
	return false;
}

/* --- signs ----------------------------------------------------------------------------------- */

static bool is_odd(struct str local)
{
	unsigned digits = 0, run = 0;
	for (size_t i = 0; i < local.n; i++) {
		char c = (char)tolower((unsigned char)local.p[i]);
		digits += c >= '0' && c <= '9';
		run = c >= 'a' && c <= 'z' && !strchr("aeiouy", c) ? run + 1 : 0;
		if (digits >= ODD_DIGITS || run >= ODD_CONSONANTS)
			return true;
	}
	return false;
}

uint32_t risk_signs(
	const struct risk_seen *s, const struct form_look *form, const struct domains *d)
{
	struct str domain = s->email, local = STR("");
	uint32_t signs = 0;
	(void)str_cut(&domain, '@', &local);
	if (form->state == FORM_none || form->state == FORM_bad || form->ticket.pageless)
		signs |= 1u << RISK_no_page;
	if (form->state == FORM_ok && !form->ticket.again && form->age_ms < FAST_MS)
		signs |= 1u << RISK_fast;
	if (form->ticket.place && s->place && form->ticket.place != s->place)
		signs |= 1u << RISK_moved;
	if (s->bot.n || !s->agent.n || !s->language.n)
		signs |= 1u << RISK_robot;
	if (domains_has(d, domain))
		signs |= 1u << RISK_disposable;
	if (is_odd(local))
		signs |= 1u << RISK_email_odd;
	if (s->country.n && s->country_read.n && !str_eq(s->country, s->country_read))
		signs |= 1u << RISK_country_odd;
	return signs;
}

bool risk_is_small(const struct money *m)
{
	const struct money_currency *c = money_currency(str_c(m->cur));
	return c && m->minor <= c->floor_minor * SMALL_TIMES;
}

/* --- for pledge_try -------------------------------------------------------------------------- */

static void put_text(struct buf *b, const char *name, struct str v)
{
	buf_addf(b, ",\"%s\":", name);
	buf_json(b, v);
}

void risk_more(const struct conf *conf, const struct risk_ask *a, struct buf *b)
{
	const char *need = conf_str(conf, CONF_form_ticket), *mark = "";
	char nonce[FORM_NONCE_MAX];
	bool proof = form_may_prove(a->form) && form_proved(a->seen->ticket, a->seen->proof,
							(unsigned)conf_int(conf, CONF_puzzle_bits));
	bool early = !proof && a->form->ticket.puzzle &&
		     a->form->age_ms < conf_int(conf, CONF_form_min_ms);
	str_hex(a->form->ticket.nonce, sizeof a->form->ticket.nonce, nonce);
	buf_addf(b,
		"{\"need\":\"%s\",\"form\":\"%s\",\"nonce\":\"%s\",\"proof\":%s,\"waits\":%s,"
		"\"excludes\":%s,\"small\":%s,\"challenge\":%lld,\"refuse\":%lld",
		need, form_state_name(a->form->state), nonce, proof ? "true" : "false",
		a->waits ? "true" : "false", a->excludes ? "true" : "false",
		risk_is_small(&a->seen->money) ? "true" : "false",
		(long long)conf_int(conf, CONF_risk_challenge),
		(long long)conf_int(conf, CONF_risk_refuse));
	if (early)
		buf_addc(b, ",\"early\":true");
	if (a->next)
		buf_addc(b, ",\"next\":true");
	if (a->decision)
		buf_addf(b, ",\"token\":\"%lld\"", (long long)a->decision);
	put_text(b, "country", a->seen->country);
	put_text(b, "ways", a->ways);
	buf_addc(b, ",\"signs\":[");
	for (unsigned i = 0; i < RISK_N; i++)
		if (a->signs & (1u << i)) {
			buf_addf(b, "%s\"%s\"", mark, NAMES[i]);
			mark = ",";
		}
	buf_addc(b, "]}");
}
