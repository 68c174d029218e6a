/* app/link.h: devices of one reader, joined by a link that is mailed to an address. Floor 3.
 * The address itself is stored in the mail alone, and goes with it. Whoever asks is told the same
 * whether the address is known or not. */
#ifndef APP_LINK_H
#define APP_LINK_H

#include "app/money.h"

#define LINK_NETWORK_BYTES 64

struct link_ask {
	struct str host, origin; /* origin: scheme://host[:port] of the request */
	struct str cookie, client_ip, request_id;
	struct str email, locale; /* app_link_send; locale may be empty */
	struct str token;         /* the others: what follows /link/ */
	utc_t now;
	struct arena *arena;
};

/* locale is set as soon as it is known, also when the call fails; in the arena. */
struct link_answer {
	struct str locale;
	char cookie_text[200]; /* the device's new cookie; empty when it keeps the one it has */
};

/* app_link_send: store a link and its mail, unless the address or the network had too many in an
 * hour, which looks the same. A device without a cookie gets one, so that it is joined too.
 *   fails  ERR_EMAIL_BAD, ERR_FIELD_*, ERR_UNKNOWN_SITE, ERR_STORE_*, ERR_IO: nothing was sent */
MUST enum err app_link_send(
	struct app_money *m, const struct link_ask *ask, struct link_answer *ret, struct fault *f);

/* app_link_look: whether the link still works; changes nothing. A device without a cookie gets one,
 * so that a button pressed twice finds the device that it joined.
 *   fails  ERR_LINK_GONE (used, too old, never made), ERR_UNKNOWN_SITE, ERR_STORE_*, ERR_IO */
MUST enum err app_link_look(
	struct app_money *m, const struct link_ask *ask, struct link_answer *ret, struct fault *f);

/* app_link_join: use the link; the cookie names the one reader from now on and still carries a
 * first view that has no row yet. repeat: yes, from the same device. fails as app_link_look */
MUST enum err app_link_join(
	struct app_money *m, const struct link_ask *ask, struct link_answer *ret, struct fault *f);

/* app_link_network: where a request comes from, as the limit knows it: "192.0.2.0/24",
 * "2001:db8:1:2::/64". What is no address is "0.0.0.0/32". */
void app_link_network(struct str ip, char ret[LINK_NETWORK_BYTES]);

#endif
