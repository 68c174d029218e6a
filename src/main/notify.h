/* main/notify.h: the datagram that tells systemd how we are (sd_notify), by hand.
 * Floor 5. */
#ifndef MAIN_NOTIFY_H
#define MAIN_NOTIFY_H

#include <time.h>

#include "base/clock.h"

/* notify_send: e.g. "READY=1\nSTATUS=…". Does nothing without NOTIFY_SOCKET; a failure is not worth
 * telling. */
void notify_send(const char *state);

/* notify_alive: in each turn of a loop: tells systemd that it turns, if a unit asks for that
 * (WatchdogSec), a few times in that span. */
void notify_alive(mono_t now);
/* notify_pause: how long a loop may wait for something to do; NULL: for ever. */
const struct timespec *notify_pause(void);

#endif
