/* web/turn.h: the gate's answer as an X-Accel-Redirect: where nginx goes on, which the client never
 * sees. Floor 4. */
#ifndef WEB_TURN_H
#define WEB_TURN_H

#include "core/decide.h"
#include "web/response.h"

/* turn: send nginx to PLEDGED_WALL for a wall, else to PLEDGED_OPEN. A place is a named location
 * (@story) or an address below the root as nginx decoded it (/story/en/a b); an address is encoded
 * again, and refused when a part of it is "." or "..".
 *   gives  r is 200 with X-Accel-Redirect, its other headers as before; nginx passes Set-Cookie on
 *          and shows the rest to the page as $upstream_http_…
 *   fails  a wall without a usable place stays the 403 that it is; an open page becomes a problem,
 *          for which nginx's error_page opens the page */
void turn(const struct request *q, enum decide_act act, struct response *r);

#endif
