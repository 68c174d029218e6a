/* web/request.c: reading a request. */
#include <string.h>

#include "web/request.h"

#define ORIGIN_BYTES 300

static const struct {
	const char *name;
	size_t max;
	size_t offset;
} PARAMS[] = {
#define X(member, name, max) {name, max, offsetof(struct request, member)},
#include "web/param.def"
#undef X
};

void request_fill(struct request *q, const char *(*get)(void *arg, const char *name), void *arg)
{
	for (size_t i = 0; i < ARRAY_N(PARAMS); i++) {
		struct str v = str_c(get(arg, PARAMS[i].name));
		struct str *at = (struct str *)(void *)((char *)q + PARAMS[i].offset);
		*at = v.n <= PARAMS[i].max ? v : (struct str){NULL, 0};
	}
}

bool request_is_head(const struct request *q)
{
	return str_is(q->method, "HEAD");
}

bool request_https(const struct request *q)
{
	return str_is(q->scheme, "https");
}

const char *request_cookie_name(const struct request *q)
{
	return request_https(q) ? "__Host-pledged" : "pledged";
}

const char *request_visit_cookie_name(const struct request *q)
{
	return request_https(q) ? "__Host-pledged-manage" : "pledged-manage";
}

bool request_counts(const struct request *q)
{
	struct str m = q->reader_method.n ? q->reader_method : q->method;
	return str_is(m, "GET") && q->purpose.n == 0 && q->range.n == 0;
}

bool request_wants_html(const struct request *q)
{
	struct str rest = q->accept, part;
	while (str_cut(&rest, ',', &part)) {
		struct str type;
		str_cut(&part, ';', &type);
		type = str_trim(type);
		if (str_is_nocase(type, "text/html"))
			return true;
		if (str_is_nocase(type, "application/json"))
			return false;
	}
	return false;
}

bool request_wants_page(const struct request *q)
{
	return q->accept.n == 0 || str_is(q->accept, "*/*") || request_wants_html(q);
}

/* The media type alone decides; a charset other than UTF-8 is refused. */
enum request_kind request_kind(const struct request *q)
{
	struct str rest = q->content_type, type, param;
	if (!str_cut(&rest, ';', &type))
		return REQUEST_OTHER;
	while (str_cut(&rest, ';', &param)) {
		param = str_trim(param);
		if (param.n > 8 && str_is_nocase((struct str){param.p, 8}, "charset=") &&
			!str_is_nocase((struct str){param.p + 8, param.n - 8}, "utf-8"))
			return REQUEST_OTHER;
	}
	type = str_trim(type);
	return str_is_nocase(type, "application/json")                    ? REQUEST_JSON
	       : str_is_nocase(type, "application/x-www-form-urlencoded") ? REQUEST_FORM
									  : REQUEST_OTHER;
}

enum err request_origin(const struct request *q, struct buf *out)
{
	bool https = request_https(q);
	buf_addc(out, https ? "https://" : "http://");
	buf_add(out, q->host);
	if (q->port.n && !str_is(q->port, https ? "443" : "80")) {
		buf_byte(out, ':');
		buf_add(out, q->port);
	}
	return buf_done(out);
}

enum err request_own_origin(const struct request *q, struct str *ret)
{
	char *mem = arena_alloc(q->arena, ORIGIN_BYTES);
	struct buf b;
	if (!mem)
		return ERR_NO_MEMORY;
	buf_init(&b, mem, ORIGIN_BYTES);
	enum err e = request_origin(q, &b);
	*ret = buf_str(&b);
	return e;
}

bool request_is_foreign(const struct request *q)
{
	return q->fetch_site.n > 0 && !str_is(q->fetch_site, "same-origin") &&
	       !str_is(q->fetch_site, "none");
}

bool request_is_led(const struct request *q)
{
	return request_is_foreign(q) || (q->fetch_site.n == 0 && request_wants_html(q));
}

enum err request_same_site(const struct request *q, struct str own, struct fault *f)
{
	if (q->fetch_site.n) {
		if (!request_is_foreign(q))
			return OK;
		return fault_set(f, ERR_ORIGIN_REFUSED, NULL, "Sec-Fetch-Site is not same-origin");
	}
	if (q->origin.n == 0)
		return fault_set(
			f, ERR_ORIGIN_REFUSED, NULL, "neither Sec-Fetch-Site nor Origin was sent");
	BUF_ON(b, 400);
	if (request_origin(q, &b) == OK && str_eq(q->origin, buf_str(&b)))
		return OK;
	if (own.n && str_eq(q->origin, own))
		return OK;
	return fault_set(f, ERR_ORIGIN_REFUSED, NULL, "Origin is another site");
}

struct str request_cookie(const struct request *q, const char *name)
{
	struct str rest = q->cookie, part, found = {NULL, 0};
	int n = 0;
	while (str_cut(&rest, ';', &part)) {
		struct str key;
		struct str value = str_trim(part);
		if (!memchr(value.p ? value.p : "", '=', value.n) || !str_cut(&value, '=', &key) ||
			!str_is(key, name))
			continue;
		found = value;
		n++;
	}
	return n == 1 ? found : (struct str){NULL, 0};
}

enum err request_decimal(const struct request *q, struct str *amount)
{
	char *p = arena_cstr(q->arena, *amount);
	if (!p)
		return ERR_NO_MEMORY;
	char *comma = strchr(p, ',');
	if (comma && !strchr(p, '.') && !strchr(comma + 1, ','))
		*comma = '.';
	amount->p = p;
	return OK;
}

static int hex(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
				      : -1;
}

/* %XX and + decoded; the result is never longer than the text. */
static enum err decode(struct str in, struct arena *a, struct str *ret)
{
	if (in.n == 0) {
		*ret = STR("");
		return OK;
	}
	char *out = arena_alloc(a, in.n);
	if (!out)
		return ERR_NO_MEMORY;
	size_t n = 0;
	for (size_t i = 0; i < in.n; i++) {
		char c = in.p[i];
		if (c == '+') {
			c = ' ';
		} else if (c == '%') {
			if (i + 2 >= in.n || hex(in.p[i + 1]) < 0 || hex(in.p[i + 2]) < 0)
				return ERR_BAD_FORM;
			c = (char)(hex(in.p[i + 1]) << 4 | hex(in.p[i + 2]));
			i += 2;
		}
		out[n++] = c;
	}
	*ret = (struct str){out, n};
	return str_is_utf8(*ret) ? OK : ERR_BAD_UTF8;
}

static struct field *field_named(struct field *fields, size_t n, struct str name)
{
	for (size_t i = 0; i < n; i++)
		if (str_is(name, fields[i].name))
			return &fields[i];
	return NULL;
}

enum err request_fields(struct str text, struct field *fields, size_t n, bool strict,
	struct arena *a, struct fault *f)
{
	struct str rest = text, part;
	for (size_t i = 0; i < n; i++) {
		fields[i].value = STR("");
		fields[i].has = false;
	}
	for (int count = 0; str_cut(&rest, '&', &part); count++) {
		struct str raw, name;
		if (part.n == 0)
			continue;
		if (count >= 64)
			return fault_set(f, ERR_BAD_FORM, NULL, "more than 64 fields");
		bool has_value = memchr(part.p, '=', part.n) != NULL;
		str_cut(&part, '=', &raw);
		enum err e = decode(raw, a, &name);
		if (e != OK)
			return fault_set(f, e, NULL, "a field's name cannot be read");
		struct field *at = field_named(fields, n, name);
		if (!at && strict)
			return fault_set(f, ERR_UNKNOWN_FIELD, NULL, "a field is not known here");
		if (!at)
			continue;
		if (at->has)
			return fault_set(f, ERR_DUPLICATE_FIELD, at->name, "stands there twice");
		at->has = true;
		if (has_value && (e = decode(part, a, &at->value)) != OK)
			return fault_set(f, e, at->name, "cannot be read");
		if (at->value.n > at->max)
			return fault_set(
				f, ERR_FIELD_TOO_LONG, at->name, "longer than %zu bytes", at->max);
	}
	return OK;
}

struct str request_language(const struct request *q)
{
	struct field l = {.name = "l", .max = 16};
	struct fault f = {0};
	struct str list = q->language;
	size_t n = 0;
	if (request_fields(q->query, &l, 1, false, q->arena, &f) == OK && l.value.n)
		list = l.value;
	while (n < list.n && list.p[n] != ',' && list.p[n] != ';')
		n++;
	return str_trim((struct str){list.p, n});
}
