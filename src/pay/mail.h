/* pay/mail.h: one plain-text mail by SMTP (libcurl). It lives in pay because libcurl lives here.
 * Floor 2. */
#ifndef PAY_MAIL_H
#define PAY_MAIL_H

#include "base/clock.h"
#include "base/conf.h"

/* id becomes the Message-ID's left side, stable across retries: letters, digits, . _ -
 * stop, if there is one, is the http(s) address that stops such mails when it is sent a POST, for
 * the reader's mail program (List-Unsubscribe, RFC 2369, and one click of it, RFC 8058). */
struct mail {
	struct str from, to, subject, body, id, stop;
};

/* mail_send: to mail.smtp_url; off this machine only under TLS (STARTTLS for smtp://).
 * deadline 30 s. repeat: the receiver may get it twice if the answer is lost (same Message-ID).
 * fails  ERR_FIELD_BAD (CR, LF, NUL or a bad address in a header: never sent), ERR_TIMEOUT (try
 * again: no connection, no answer, 4xx, login refused), ERR_PROVIDER (this mail is refused for
 * good, 5xx), ERR_CONF (no smtp_url), ERR_NO_MEMORY */
MUST enum err mail_send(const struct conf *c, const struct mail *m, utc_t now, struct fault *f);

/* mail_format: the same mail as text, CRLF lines, quoted-printable. Pure. fails ERR_FIELD_BAD,
 * ERR_TOO_LONG */
MUST enum err mail_format(const struct mail *m, utc_t now, struct buf *out, struct fault *f);

#endif
