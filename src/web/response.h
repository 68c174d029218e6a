/* web/response.h: an answer, built in the request's arena.
 * Floor 4. */
#ifndef WEB_RESPONSE_H
#define WEB_RESPONSE_H

#include "web/request.h"

struct response {
	int status;
	const char *type; /* content type; NULL: no body */
	struct buf head;  /* further header lines, each ended by CR LF */
	struct buf body;
};

/* response_init: 200, no body; body_cap bytes are taken from the arena. fails ERR_NO_MEMORY */
MUST enum err response_init(struct response *r, struct arena *a, size_t body_cap);

/* One header line. A value with control characters is left out: it never splits a header. */
void response_header(struct response *r, const char *name, struct str value);
/* Kept by nobody; kept by the reader's browser alone, for its back button and nothing else. */
void response_no_store(struct response *r);
void response_no_cache(struct response *r);
void response_cookie(
	struct response *r, const char *name, struct str value, int64_t max_age_s, bool secure);

/* The same with SameSite=Strict: it comes along only from our own pages. A max_age_s of 0 removes
 * it. */
void response_cookie_strict(
	struct response *r, const char *name, struct str value, int64_t max_age_s, bool secure);

/* response_retry: Retry-After when *f tells a time, or the error is soft. f may be NULL. */
void response_retry(struct response *r, enum err e, const struct fault *f);

/* response_problem: RFC 9457 from an error; drops what the body held. f may be NULL. Adds
 * Retry-After, also in words when *f tells a time. */
void response_problem(
	struct response *r, const struct request *q, enum err e, const struct fault *f);

#endif
