/* main/notify.h: the datagram that tells systemd how we are (sd_notify), by hand.
 * Floor 5. */
#ifndef MAIN_NOTIFY_H
#define MAIN_NOTIFY_H

/* notify_send: e.g. "READY=1\nSTATUS=…". Does nothing without NOTIFY_SOCKET; a failure is not worth
 * telling. */
void notify_send(const char *state);

#endif
