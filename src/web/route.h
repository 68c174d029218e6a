/* web/route.h: which address is meant.
 * Floor 4. The list is route.def. */
#ifndef WEB_ROUTE_H
#define WEB_ROUTE_H

#include "web/response.h"

enum route {
#define X(id, role, method, path, prefix, body, sentence) ROUTE_##id,
#include "web/route.def"
#undef X
	ROUTE_N
};

const char *route_name(enum route r); /* "decide"; ROUTE_N: "none" */
/* route_find: by role, path and method; HEAD goes where GET goes.
 *   gives  *ret, also with ERR_BAD_METHOD, and *ret_rest, the part of the path after a prefix
 *   fails  ERR_NOT_FOUND, ERR_BAD_METHOD */
MUST enum err route_find(char role, const struct request *q, enum route *ret, struct str *ret_rest);
/* route_allow: the header Allow with every method that the address of r takes. */
void route_allow(enum route r, struct response *out);
/* Largest body; webhook_bytes is the setting. */
size_t route_body_max(enum route r, size_t webhook_bytes);

#endif
