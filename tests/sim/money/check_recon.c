/* tests/sim/money/check_recon.c: what no webhook told was asked for: every event is in the inbox
 * once, and the cursor stands behind none that is not. */
#include <string.h>

#include "model.h"
#include "peer.h"

/* This one tells nothing that another does not tell as well, so nobody asks for it. */
static bool is_asked(const struct peer_event *e)
{
	return !is_eq(e->type, "charge.refunded");
}

static int times(const struct peer_event *e)
{
	int n = 0;

	for (int i = 0; i < db.inbox_n; i++)
		n += is_eq(db.inbox[i].key, e->id);
	return n;
}

void check_events(void)
{
	for (int i = 0; i < peer.event_n; i++) {
		const struct peer_event *e = &peer.event[i];
		int n = times(e);
		if (n > 1 || (n == 0 && is_asked(e)))
			broken("event", "%s %s is in the inbox %d times", e->type, e->id, n);
	}
}

/* The second of the cursor is listed again. */
void check_cursor(int64_t cursor)
{
	for (int i = 0; i < peer.event_n; i++) {
		const struct peer_event *e = &peer.event[i];
		if (is_asked(e) && e->created_s < cursor / S && times(e) == 0)
			broken("cursor", "it is behind %s %s, which nobody has", e->type, e->id);
	}
}
