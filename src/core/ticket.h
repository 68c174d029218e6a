/* core/ticket.h: what is inside the cookie and inside the decision token, as bytes. base/seal.h
 * signs them. Floor 1: pure. */
#ifndef CORE_TICKET_H
#define CORE_TICKET_H

#include "core/decide.h"

#define TICKET_COOKIE_PURPOSE "cookie"
#define TICKET_TOKEN_PURPOSE  "decision"
#define TICKET_PASS_PURPOSE   "pass"
#define TICKET_FORM_PURPOSE   "form"
#define TICKET_NONCE_BYTES    12
#define TICKET_BYTES_MAX      64

/* The cookie: who, for which site, and (until the row exists) the first view. No personal data. */
struct ticket_cookie {
	struct uuid reader;
	int16_t site;
	bool has_first; /* the first view is carried here, there is no row yet */
	uint8_t first[READER_SEEN_BYTES];
	utc_t first_at; /* whole seconds */
};

/* The decision token: lets /prompt render and /event and /pledge refer to the decision. */
struct ticket_token {
	int64_t decision; /* random 63 bits, > 0 */
	struct uuid reader;
	bool has_reader;
	bool counting; /* the reader lets us count, but keep no history of prompts */
	int16_t site;
	utc_t at;
	int32_t campaign, version;
	uint8_t variant, set, act, reason;
	uint64_t art;
	uint16_t articles; /* distinct ones this month, for copy */
	char country[3];   /* two capitals, or empty; for copy */
};

/* The ticket of a form: that its page was seen, when, and by whom if the browser brought a cookie,
 * else from where. */
struct ticket_form {
	uint8_t nonce[TICKET_NONCE_BYTES]; /* random: its name, and it makes one pledge */
	bool has_reader;
	struct uuid reader;
	uint64_t place; /* without a reader: 48 bits of a keyed hash of the network, 0: not told */
	int16_t site;
	bool again;    /* made in place of one that was not good: its page was seen before */
	bool pageless; /* made for who had none at all: nobody has seen a page of ours */
	bool puzzle;   /* made when a puzzle was asked for: one that solves it names this ticket */
	int64_t at_ms; /* since 1970 */
};

/* An operator's pass, for a while: to see why (debug), or to see a variant as a made-up reader
 * would (preview). */
enum ticket_pass_kind { PASS_DEBUG = 1, PASS_PREVIEW };
struct ticket_pass {
	enum ticket_pass_kind kind;
	utc_t until;
	int16_t site;
	/* PASS_PREVIEW */
	int32_t campaign;
	uint8_t variant, set;
	uint16_t articles;
	char country[3]; /* two capitals, or empty */
};

/* unpack refuses every byte string that pack does not make: other length or version, unknown flags,
 * ids of zero, enums out of range, times before 1970 or after 9999. Times are kept in whole
 * seconds, that of a form in milliseconds. *ret is untouched on failure. */
size_t ticket_cookie_pack(const struct ticket_cookie *c, uint8_t out[TICKET_BYTES_MAX]);
MUST enum err ticket_cookie_unpack(
	const uint8_t *in, size_t n, struct ticket_cookie *ret); /* fails ERR_BAD_TOKEN */
size_t ticket_token_pack(const struct ticket_token *t, uint8_t out[TICKET_BYTES_MAX]);
MUST enum err ticket_token_unpack(
	const uint8_t *in, size_t n, struct ticket_token *ret); /* fails ERR_BAD_TOKEN */
size_t ticket_pass_pack(const struct ticket_pass *p, uint8_t out[TICKET_BYTES_MAX]);
MUST enum err ticket_pass_unpack(
	const uint8_t *in, size_t n, struct ticket_pass *ret); /* fails ERR_BAD_TOKEN */
size_t ticket_form_pack(const struct ticket_form *t, uint8_t out[TICKET_BYTES_MAX]);
MUST enum err ticket_form_unpack(
	const uint8_t *in, size_t n, struct ticket_form *ret); /* fails ERR_BAD_TOKEN */

#endif
