/* web/response.c: answers. */
#include "web/response.h"
#include "base/metric.h"
#include "web/words.h"

#define HEAD_BYTES 3072 /* with what nginx adds below its smallest buffer, 4096 */

enum err response_init(struct response *r, struct arena *a, size_t body_cap)
{
	char *head = arena_alloc(a, HEAD_BYTES), *body = arena_alloc(a, body_cap);
	if (!head || !body)
		return ERR_NO_MEMORY;
	r->status = 200;
	r->type = NULL;
	buf_init(&r->head, head, HEAD_BYTES);
	buf_init(&r->body, body, body_cap);
	return OK;
}

void response_header(struct response *r, const char *name, struct str value)
{
	for (size_t i = 0; i < value.n; i++)
		if ((unsigned char)value.p[i] < 0x20 || value.p[i] == 0x7f)
			return;
	buf_addc(&r->head, name);
	buf_addc(&r->head, ": ");
	buf_add(&r->head, value);
	buf_addc(&r->head, "\r\n");
}

void response_no_store(struct response *r)
{
	response_header(r, "Cache-Control", STR("private, no-store"));
}

void response_no_cache(struct response *r)
{
	response_header(r, "Cache-Control", STR("private, no-cache"));
}

static void set_cookie(struct response *r, const char *name, struct str value, int64_t max_age_s,
	const char *same_site, bool secure)
{
	BUF_ON(b, 600);
	buf_addf(&b, "%s=", name);
	buf_add(&b, value);
	buf_addf(&b, "; Path=/; Max-Age=%lld; HttpOnly; SameSite=%s%s", (long long)max_age_s,
		same_site, secure ? "; Secure" : "");
	if (buf_done(&b) == OK)
		response_header(r, "Set-Cookie", buf_str(&b));
}

void response_cookie(
	struct response *r, const char *name, struct str value, int64_t max_age_s, bool secure)
{
	set_cookie(r, name, value, max_age_s, "Lax", secure);
}

void response_cookie_strict(
	struct response *r, const char *name, struct str value, int64_t max_age_s, bool secure)
{
	set_cookie(r, name, value, max_age_s, "Strict", secure);
}

void response_retry(struct response *r, enum err e, const struct fault *f)
{
	BUF_ON(seconds, 24);
	bool told = f && f->err == e && f->retry_s > 0;
	buf_addf(&seconds, "%lld", told ? (long long)f->retry_s : 30LL);
	if (told || (err_class(e) == ERR_CLASS_SOFT && err_status(e) == 503))
		response_header(r, "Retry-After", buf_str(&seconds));
}

/* What was seen, or when to come again. */
static void add_detail(struct buf *b, enum err e, const struct fault *f)
{
	BUF_ON(text, 240);
	if (f->retry_s > 0)
		words_retry(&text, f->retry_s, STR("en"));
	else if (err_class(e) <= ERR_CLASS_STATE)
		buf_addc(&text, f->detail);
	if (text.n == 0)
		return;
	buf_addc(b, ",\"detail\":");
	buf_json(b, buf_str(&text));
}

void response_problem(
	struct response *r, const struct request *q, enum err e, const struct fault *f)
{
	r->status = err_status(e);
	metric_add(METRIC_ERRORS, metric_series(METRIC_ERRORS, e, 0, 0), 1);
	r->type = "application/problem+json";
	buf_init(&r->body, r->body.p, r->body.cap);
	buf_addf(&r->body, "{\"type\":\"urn:pledged:problem:%s\",\"title\":", err_slug(e));
	buf_json(&r->body, str_c(err_sentence(e)));
	buf_addf(&r->body, ",\"status\":%d", err_status(e));
	if (f && f->err == e)
		add_detail(&r->body, e, f);
	if (f && f->err == e && f->field[0]) {
		buf_addc(&r->body, ",\"field\":");
		buf_json(&r->body, str_c(f->field));
	}
	if (q->request_id.n) {
		buf_addc(&r->body, ",\"request_id\":");
		buf_json(&r->body, q->request_id);
	}
	buf_byte(&r->body, '}');
	response_no_store(r);
	response_retry(r, e, f);
}
