/* tests/fuzz/fuzz_view.c: a page view as nginx hands it over: lines NAME=value with the names of
 * param.def. What is kept of it is text that can be shown; where nginx is sent on is where it asked
 * to be sent; no answer has a header too many. */
#include "base/label.h"
#include "core/decide.h"
#include "fuzz.h"
#include "web/h_view.h"
#include "web/turn.h"
#include "web/view_facts.h"

#define LINES_MAX 64

/* --- the request ----------------------------------------------------------------------------- */

struct lines {
	size_t n;
	char *name[LINES_MAX], *value[LINES_MAX];
};

static const char *get(void *arg, const char *name)
{
	const struct lines *l = arg;

	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->name[i], name) == 0)
			return l->value[i];
	return NULL;
}

/* As FastCGI does it: a NUL ends a value. */
static void cut(struct lines *l, char *text)
{
	char *save = NULL;

	l->n = 0;
	for (char *line = strtok_r(text, "\n", &save); line && l->n < LINES_MAX;
		line = strtok_r(NULL, "\n", &save)) {
		char *is = strchr(line, '=');
		if (!is)
			continue;
		*is = '\0';
		l->name[l->n] = line;
		l->value[l->n++] = is + 1;
	}
}

static void fits(const struct request *q, struct lines *l)
{
#define X(member, name, max)                                                                       \
	CHECK(q->member.n <= (max) && (q->member.n == 0 || str_is(q->member, get(l, name))));
#include "web/param.def"
#undef X
}

/* --- facts ----------------------------------------------------------------------------------- */

static void words_are_sound(struct page_words w)
{
	CHECK(w.n <= PAGE_WORDS_MAX);
	for (size_t i = 0; i < w.n; i++)
		CHECK(w.v[i].n > 0 && str_is_clean(w.v[i], false) &&
			!memchr(w.v[i].p, ',', w.v[i].n));
}

static void page_is_sound(const struct page *p)
{
	const struct str all[] = {p->url, p->section, p->country, p->language, p->device,
		p->referrer_host, p->source};

	for (size_t i = 0; i < ARRAY_N(all); i++)
		CHECK(str_is_clean(all[i], false));
	CHECK(p->url.n <= 200 && p->referrer_host.n <= 255 && p->published.us >= 0);
	CHECK(!memchr(p->referrer_host.p ? p->referrer_host.p : "", '/', p->referrer_host.n));
	words_are_sound(p->tags);
	words_are_sound(p->flags);
	CHECK(page_is_class(page_referrer(p->referrer_host, false)));
}

/* The host by other means: between :// and the next / ? #, without a port. */
static void host_is_there(struct str url, struct str host)
{
	const char *at = url.n ? memmem(url.p, url.n, "://", 3) : NULL;

	if (host.n == 0)
		return;
	CHECK(at && host.p == at + 3 && !memchr(url.p, '@', (size_t)(host.p - url.p)));
	for (size_t i = 0; i < host.n; i++)
		CHECK(!strchr("/?#@:", host.p[i]));
}

static void decides(const struct request *q, const struct page *page)
{
	static const struct policy none;
	struct campaign_site site = {1, 0, 0, &none};
	struct campaign_set set = {1, 0, 1, NULL, &site};
	struct reader r = {.stored = true};
	struct decide_facts f = {.site = 1,
		.now = utc_of_s(1800000000),
		.page = *page,
		.art = 1,
		.counted = request_counts(q),
		.consent = CONSENT_FULL,
		.reader = &r};

	CHECK(decide(&f, &set, NULL).act == ACT_OPEN);
}

/* --- where nginx goes on --------------------------------------------------------------------- */

static struct str header(const struct response *r, const char *name)
{
	struct str rest = buf_str(&r->head), line;

	while (str_cut(&rest, '\n', &line))
		if (str_starts(line, name))
			return (struct str){line.p + strlen(name), line.n - strlen(name) - 1};
	return STR("");
}

/* Every line is ours, ends in CR LF and holds no other control character. */
static void head_is_sound(const struct response *r)
{
	static const char *const OURS[] = {"X-Accel-Redirect: ", "Cache-Control: ", "Set-Cookie: ",
		"Retry-After: ", "Vary: ", "Content-Language: ", "Allow: "};
	struct str rest = buf_str(&r->head), line;

	while (str_cut(&rest, '\n', &line)) {
		bool ours = false;
		for (size_t i = 0; i < ARRAY_N(OURS); i++)
			ours |= str_starts(line, OURS[i]);
		CHECK(ours && line.p[line.n - 1] == '\r');
		for (size_t i = 0; i + 1 < line.n; i++)
			CHECK((unsigned char)line.p[i] >= ' ' && line.p[i] != 0x7f);
	}
}

static int digit(char c)
{
	const char *at = strchr("0123456789ABCDEF", c);

	CHECK(c && at);
	return (int)(at - "0123456789ABCDEF");
}

static void goes_there(struct str place, struct str asked)
{
	size_t n = 0;

	if (str_starts(place, "@")) {
		CHECK(str_eq(place, asked) && place.n > 1);
		return;
	}
	CHECK(str_starts(place, "/"));
	for (size_t i = 0; i < place.n; i++, n++) {
		char c = place.p[i];
		if (c == '%') {
			c = (char)(digit(place.p[i + 1]) * 16 + digit(place.p[i + 2]));
			i += 2;
		} else {
			CHECK(str_is_word((struct str){&c, 1}, "-._~/"));
		}
		CHECK(n < asked.n && asked.p[n] == c);
	}
	CHECK(n == asked.n);
	CHECK(!memmem(place.p, place.n, "/../", 4) && !memmem(place.p, place.n, "/./", 3));
	CHECK(place.n < 3 || memcmp(place.p + place.n - 3, "/..", 3) != 0);
}

static void turns(struct request *q, enum decide_act act)
{
	struct response r;
	struct str asked = act == ACT_WALL ? q->wall_at : q->open_at, place;

	CHECK(response_init(&r, q->arena, 4096) == OK);
	r.status = act == ACT_WALL ? 403 : 204;
	turn(q, act, &r);
	head_is_sound(&r);
	place = header(&r, "X-Accel-Redirect: ");
	CHECK((r.status == 200) == (place.n > 0));
	if (place.n > 0)
		goes_there(place, asked);
	else
		CHECK(r.status == (act == ACT_WALL ? 403 : 404));
}

/* --- the rest -------------------------------------------------------------------------------- */

static void same_site_is_ours(const struct request *q)
{
	struct fault f = {0};
	BUF_ON(own, 700);

	bool fine = request_same_site(q, STR("https://news.example"), &f) == OK;
	buf_addf(&own, "%s://%.*s", request_https(q) ? "https" : "http", STR_FMT(q->host));
	if (q->port.n && !str_is(q->port, request_https(q) ? "443" : "80"))
		buf_addf(&own, ":%.*s", STR_FMT(q->port));
	bool told = str_is(q->fetch_site, "same-origin") || str_is(q->fetch_site, "none");
	bool origin =
		q->fetch_site.n == 0 && q->origin.n > 0 &&
		(str_eq(q->origin, buf_str(&own)) || str_is(q->origin, "https://news.example"));
	CHECK(fine == (told || origin));
}

static void reads(struct request *q)
{
	struct fault f = {0};
	struct page page;
	struct response r;

	same_site_is_ours(q);
	CHECK((size_t)request_kind(q) <= REQUEST_OTHER);
	CHECK(!request_wants_html(q) || memmem(q->accept.p, q->accept.n, "/", 1));
	struct str language = request_language(q);
	CHECK(language.n <= 512 && !memchr(language.p ? language.p : "", ',', language.n));
	CHECK(response_init(&r, q->arena, 4096) == OK);
	response_header(&r, "Vary", q->language);
	response_cookie(&r, "pledged", q->cookie, 60, true);
	head_is_sound(&r);
	turns(q, ACT_OPEN);
	turns(q, ACT_WALL);
	enum err e = view_facts_query(q, &f);
	CHECK(e == OK || (f.err == e && err_status(e) >= 400));
	view_facts_page(q, &page);
	page_is_sound(&page);
	host_is_there(q->referrer, page.referrer_host);
	decides(q, &page);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char text[65536];
	struct lines l;
	struct request q = {.now = utc_of_s(1800000000)};

	if (size >= sizeof text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	cut(&l, text);
	request_fill(&q, get, &l);
	fits(&q, &l);
	q.arena = fuzz_arena();
	reads(&q);
	return 0;
}
