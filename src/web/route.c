/* web/route.c: the table of addresses. */
#include "web/route.h"

#define WEBHOOK SIZE_MAX

static const struct {
	const char *name, *method, *path;
	size_t body;
	char role;
	bool prefix;
} ROUTES[ROUTE_N] = {
#define X(id, role, method, path, prefix, body, sentence) {#id, method, path, body, role, prefix},
#include "web/route.def"
#undef X
};

const char *route_name(enum route r)
{
	return r < ROUTE_N ? ROUTES[r].name : "none";
}

void route_allow(enum route r, struct response *out)
{
	BUF_ON(b, 64);
	const char *comma = "";
	for (size_t i = 0; i < ROUTE_N; i++) {
		if (ROUTES[i].role != ROUTES[r].role || ROUTES[i].prefix != ROUTES[r].prefix ||
			!str_is(str_c(ROUTES[i].path), ROUTES[r].path))
			continue;
		buf_addf(&b, "%s%s", comma, ROUTES[i].method);
		comma = ", ";
	}
	response_header(out, "Allow", buf_str(&b));
}

size_t route_body_max(enum route r, size_t webhook_bytes)
{
	return ROUTES[r].body == WEBHOOK ? webhook_bytes : ROUTES[r].body;
}

enum err route_find(char role, const struct request *q, enum route *ret, struct str *ret_rest)
{
	*ret = ROUTE_N;
	*ret_rest = STR("");
	for (size_t i = 0; i < ROUTE_N; i++) {
		if (ROUTES[i].role != role)
			continue;
		if (ROUTES[i].prefix ? !str_starts(q->path, ROUTES[i].path)
				     : !str_is(q->path, ROUTES[i].path))
			continue;
		size_t n = str_c(ROUTES[i].path).n;
		*ret = (enum route)i;
		*ret_rest = (struct str){q->path.p + n, q->path.n - n};
		if (str_is(q->method, ROUTES[i].method) ||
			(request_is_head(q) && str_is(STR("GET"), ROUTES[i].method)))
			return OK;
	}
	return *ret < ROUTE_N ? ERR_BAD_METHOD : ERR_NOT_FOUND;
}
