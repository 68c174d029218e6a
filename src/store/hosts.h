/* store/hosts.h: the servers that a connection string names, one after the other. Asked in steps,
 * libpq waits for a silent server as long as nobody ends it, and begins with the same one again; and
 * it takes one that is right but for its age, and looks no further. So here each server, and each
 * address of a name, is a connection of its own. Not for other rooms.
 * Floor 2. */
#ifndef STORE_HOSTS_H
#define STORE_HOSTS_H

#include "store/pq.h"

struct hosts;

/* hosts_open: read the lists of host, hostaddr and port, what the string leaves open from libpq's
 * environment. A list behind service= is left to libpq as one server. Finds no names yet.
 *   fails  ERR_CONF (lists of different lengths, too many or too long), ERR_NO_MEMORY */
MUST enum err hosts_open(const char *conninfo, struct hosts **ret, struct fault *f);
void hosts_close(struct hosts *h); /* NULL is fine */

/* hosts_next: to the next server. False: all had their turn, and the first is next again; a pause
 * is due. With target_session_attrs=prefer-standby all are asked twice, as libpq does it. */
bool hosts_next(struct hosts *h);
/* hosts_rewind: this one is right. When it is lost, the search begins with the first. */
void hosts_rewind(struct hosts *h);

/* hosts_start: PQconnectStart to the server whose turn it is. Looks up names at the beginning of a
 * turn, and waits for that as libpq does. NULL: no memory. */
MUST PGconn *hosts_start(struct hosts *h);
/* hosts_connect: the same with PQconnectdb, for who may wait: as long as connect_timeout tells. */
MUST PGconn *hosts_connect(struct hosts *h);
/* hosts_patience: how long one server may take to let us in: connect_timeout, two seconds or more.
 */
dur_t hosts_patience(const struct hosts *h);

#endif
