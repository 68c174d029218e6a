/* web/request.h: a request as nginx hands it over, and the parts that handlers ask for.
 * Floor 4. Slices live as long as the connection's parameters, those of a form as long as the
 * arena. */
#ifndef WEB_REQUEST_H
#define WEB_REQUEST_H

#include "base/arena.h"
#include "base/clock.h"

struct request {
#define X(member, name, max) struct str member;
#include "web/param.def"
#undef X
	struct str body;
	struct arena *arena;
	utc_t now;
	mono_t start;
};

/* request_fill: take every parameter of param.def from get(arg, name), which gives NULL when it is
 * absent. */
void request_fill(struct request *q, const char *(*get)(void *arg, const char *name), void *arg);

bool request_is_head(const struct request *q);
bool request_https(const struct request *q);
/* request_counts: false for HEAD, prefetch and range requests of the reader. */
bool request_counts(const struct request *q);
/* request_wants_html: text/html stands in Accept before application/json, or JSON is not there. */
bool request_wants_html(const struct request *q);
/* request_wants_page: the same for addresses that are in mails: a program that wants JSON says so.
 */
bool request_wants_page(const struct request *q);
/* What the body is by its media type; a charset other than UTF-8 makes it OTHER. */
enum request_kind { REQUEST_JSON, REQUEST_FORM, REQUEST_OTHER };
enum request_kind request_kind(const struct request *q);
/* scheme://host[:port] of this request; port left out when it is the scheme's own. fails
 * ERR_TOO_LONG */
MUST enum err request_origin(const struct request *q, struct buf *out);
/* The same in the request's arena. fails ERR_TOO_LONG, ERR_NO_MEMORY */
MUST enum err request_own_origin(const struct request *q, struct str *ret);
/* request_same_site: for requests that change something: Sec-Fetch-Site same-origin or none;
 * without it, Origin must be our own. own: another origin that is fine too (that of the site), may
 * be empty. fails ERR_ORIGIN_REFUSED */
MUST enum err request_same_site(const struct request *q, struct str own, struct fault *f);

/* request_language: the first of l= of the query, else what the browser likes best; empty when
 * neither is there. Never with a comma; else not checked: only for choosing words. */
struct str request_language(const struct request *q);

/* The reader's cookie; on https a name that no other host can set. */
const char *request_cookie_name(const struct request *q);
/* The cookie of a donor's visit, of the same kind. */
const char *request_visit_cookie_name(const struct request *q);
/* request_is_foreign: the browser says that another site led here. */
bool request_is_foreign(const struct request *q);
/* request_is_led: the same, or it may be so: a browser that says nothing of it asks for a page to
 * show, by an address that only scripts of ours ask. */
bool request_is_led(const struct request *q);

/* request_cookie: the value of the one cookie of that name; empty when there is none or more than
 * one. */
struct str request_cookie(const struct request *q, const char *name);

/* request_decimal: an amount as it was typed; a comma before the cents becomes a dot. fails
 * ERR_NO_MEMORY */
MUST enum err request_decimal(const struct request *q, struct str *amount);

/* One field of a query or form, decoded (%XX, + as space) into the arena.
 *   gives  empty when absent (*ret_has false)
 *   fails  ERR_BAD_FORM (broken escapes), ERR_BAD_UTF8, ERR_DUPLICATE_FIELD, ERR_FIELD_TOO_LONG,
 * ERR_NO_MEMORY; *f names it */
struct field {
	const char *name;
	size_t max;
	struct str value;
	bool has;
};
MUST enum err request_fields(struct str text, struct field *fields, size_t n, bool strict,
	struct arena *a, struct fault *f);
/* strict: a name that is not in the list fails with ERR_UNKNOWN_FIELD */

#endif
