/* main/fcgi.h: libfcgi, wrapped: connections that we accept ourselves, with time-outs and limits,
 * for blocking and for ready-driven use. Floor 5. fcgiapp.h is included in fcgi.c alone. */
#ifndef MAIN_FCGI_H
#define MAIN_FCGI_H

#include "web/response.h"

struct fcgi; /* one connection and the request on it */

MUST enum err fcgi_start(
	void); /* once per process, before signal handlers are installed (libfcgi sets its own) */

/* The listening socket: descriptor 0, or 3 with LISTEN_FDS; made non-blocking. fails ERR_CONF when
 * there is none, or when it is a TCP socket that is not loopback. */
MUST enum err fcgi_listener(int *ret_fd, struct fault *f);

/* fcgi_accept: take one waiting connection; NULL when there is none (or no descriptor, no memory:
 * fcgi_is_short(errno), and the one who waits goes on waiting). io_ms bounds each read and write.
 * keep: connections are served again after an answer. */
struct fcgi *fcgi_accept(int listener, int64_t io_ms, bool keep);
bool fcgi_is_short(int error);
void fcgi_free(struct fcgi *c);            /* ends the connection; NULL is fine */
int fcgi_fd(const struct fcgi *c);         /* -1 when the peer is gone */
bool fcgi_is_silent(const struct fcgi *c); /* nothing came after the last request */

/* fcgi_read: the next request of the connection; waits at most io_ms for the peer.
 *   gives  *q filled (slices live until fcgi_answer)
 *   fails  ERR_IO: connection ended or broken, free it; ERR_TOO_LONG, ERR_BAD_METHOD (role): to be
 * answered as a problem */
MUST enum err fcgi_read(struct fcgi *c, struct request *q);
/* fcgi_body: read the body into q->body (arena), at most limit bytes; what is left is drained.
 *   fails  ERR_BODY_TOO_LARGE, ERR_BODY_CUT, ERR_NO_MEMORY */
MUST enum err fcgi_body(struct fcgi *c, struct request *q, size_t limit);

/* fcgi_answer: send; false when the connection cannot be used again and should be freed. */
bool fcgi_answer(struct fcgi *c, const struct request *q, const struct response *r);

#endif
