/* app/account.h: who is signed in, by the site's own word: a JSON Web Token (RFC 7519) signed with
 * HMAC-SHA256 (RFC 7515, HS256). Floor 3.
 * Claims: exp (needed, seconds), aud (the site's slug, needed), nbf, sub (not read: a decision
 * needs no name). Anything else than HS256 is refused, "none" first of all. */
#ifndef APP_ACCOUNT_H
#define APP_ACCOUNT_H

#include "base/clock.h"
#include "base/seal.h"

#define ACCOUNT_TOKEN_MAX 2048

/* fails  ERR_BAD_TOKEN: not signed by a key of the ring, out of its time, for another site, or not
 * of this form */
MUST enum err account_check(
	const struct seal_ring *ring, struct str token, struct str site, utc_t now);

#endif
