/* main/notify.c: sd_notify(3) without libsystemd. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/str.h"
#include "main/notify.h"

void notify_send(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	if (!path || (path[0] != '/' && path[0] != '@') || strlen(path) >= sizeof a.sun_path)
		return;
	memcpy(a.sun_path, path, strlen(path));
	if (path[0] == '@')
		a.sun_path[0] = '\0';
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	ssize_t n = sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&a,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path)));
	(void)n;
	close(fd);
}

/* A third of what the unit allows; 0 when it does not ask. */
static int64_t span_us(void)
{
	static int64_t span = -1;
	const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	uint64_t n = 0;
	if (span >= 0)
		return span;
	bool ours = !pid || (str_u64(str_c(pid), INT32_MAX, &n) == OK && (pid_t)n == getpid());
	n = 0;
	span = ours && usec && str_u64(str_c(usec), INT64_MAX, &n) == OK ? (int64_t)n / 3 : 0;
	return span;
}

void notify_alive(mono_t now)
{
	static mono_t next;
	if (span_us() == 0 || now.us < next.us)
		return;
	next.us = now.us + span_us() / 2;
	notify_send("WATCHDOG=1");
}

const struct timespec *notify_pause(void)
{
	static struct timespec pause;
	int64_t us = span_us();
	pause = (struct timespec){.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};
	return us > 0 ? &pause : NULL;
}
