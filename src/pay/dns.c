/* pay/dns.c: a reverse look-up, then a look-up of each name that fits, until one leads back. The
 * answers come from whoever has the address: names are bounded, checked and never kept. */
#include <ares.h>
#include <arpa/nameser.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>

#include "pay/dns.h"

#define TRY_MS      600 /* of one packet; twice as long the second time */
#define TRIES       2
#define LOOK_MS     100 /* between two looks at *stop */
#define ALIASES_MAX 64  /* reverse names that are looked at */
#define FORWARD_MAX 32  /* addresses of a name that are looked at */

static const char NO_ANSWER[] = "no answer to its name";

struct dns_run {
	ares_channel channel;
	size_t open;
};

static void end(struct dns_ask *ask, enum dns_answer answer, const char *why)
{
	ask->answer = answer;
	ask->why = why;
	ask->run->open--;
}

/* The name is not there, as far as an answer can tell. Whatever else went wrong may be right soon.
 */
static bool is_no(int status)
{
	return status == ARES_ENOTFOUND || status == ARES_ENODATA;
}

static bool is_unreadable(int status)
{
	return status == ARES_EBADRESP || status == ARES_EBADNAME || status == ARES_EBADSTR;
}

/* --- name to address ------------------------------------------------------------------------- */

static void ask_forward(struct dns_ask *ask);

static bool leads_back(
	const struct dns_ask *ask, const unsigned char *reply, int n, int *ret_status)
{
	bool v4 = robot_address_is_v4(&ask->address), back = false;
	struct ares_addrttl a[FORWARD_MAX];
	struct ares_addr6ttl a6[FORWARD_MAX];
	int found = FORWARD_MAX;
	*ret_status = v4 ? ares_parse_a_reply(reply, n, NULL, a, &found)
			 : ares_parse_aaaa_reply(reply, n, NULL, a6, &found);
	if (*ret_status != ARES_SUCCESS)
		return false;
	for (int i = 0; i < found && i < FORWARD_MAX && !back; i++)
		back = v4 ? memcmp(&a[i].ipaddr, ask->address.b + 12, 4) == 0
			  : memcmp(&a6[i].ip6addr, ask->address.b, 16) == 0;
	return back;
}

static void on_forward(void *arg, int status, int timeouts, unsigned char *reply, int n)
{
	struct dns_ask *ask = arg;
	(void)timeouts;
	if (status == ARES_EDESTRUCTION) { /* time is up: nothing more can be asked */
		end(ask, DNS_SILENT, NO_ANSWER);
		return;
	}
	if (status == ARES_SUCCESS && leads_back(ask, reply, n, &status)) {
		end(ask, DNS_VERIFIED, NULL);
		return;
	}
	ask->heard_nothing |= status != ARES_SUCCESS && !is_no(status) && !is_unreadable(status);
	ask->name_at++;
	ask_forward(ask);
}

static void ask_forward(struct dns_ask *ask)
{
	bool v4 = robot_address_is_v4(&ask->address);
	if (ask->name_at < ask->name_n)
		ares_query(ask->run->channel, ask->name[ask->name_at], ns_c_in,
			v4 ? ns_t_a : ns_t_aaaa, on_forward, ask);
	else if (ask->heard_nothing)
		end(ask, DNS_SILENT, NO_ANSWER);
	else
		end(ask, DNS_FALSE, "its name leads elsewhere");
}

/* --- address to name ------------------------------------------------------------------------- */

static void take_name(struct dns_ask *ask, const char *name)
{
	struct str s = {name, strnlen(name, ROBOT_HOST_MAX + 2)};
	if (ask->name_n < DNS_NAMES_MAX && robot_owns_host(ask->robot, s) &&
		str_copy(s, ask->name[ask->name_n], sizeof ask->name[0]) == OK)
		ask->name_n++;
}

static int read_names(struct dns_ask *ask, const unsigned char *reply, int n)
{
	struct hostent *host = NULL;
	bool v4 = robot_address_is_v4(&ask->address);
	int status = ares_parse_ptr_reply(reply, n, ask->address.b + (v4 ? 12 : 0), v4 ? 4 : 16,
		v4 ? AF_INET : AF_INET6, &host);
	if (status != ARES_SUCCESS)
		return status;
	/* h_name is the last of them, and stands among the aliases too */
	for (size_t i = 0; i < ALIASES_MAX && host->h_aliases[i]; i++)
		take_name(ask, host->h_aliases[i]);
	ares_free_hostent(host);
	return ARES_SUCCESS;
}

static void on_reverse(void *arg, int status, int timeouts, unsigned char *reply, int n)
{
	struct dns_ask *ask = arg;
	(void)timeouts;
	if (status == ARES_SUCCESS)
		status = read_names(ask, reply, n);
	if (status == ARES_SUCCESS && ask->name_n > 0)
		ask_forward(ask);
	else if (status == ARES_SUCCESS)
		end(ask, DNS_FALSE, "its name is another's");
	else if (is_no(status))
		end(ask, DNS_FALSE, "it has no name");
	else if (is_unreadable(status))
		end(ask, DNS_FALSE, "its name cannot be read");
	else
		end(ask, DNS_SILENT, "no answer to its address");
}

static void ask_reverse(struct dns_run *run, struct dns_ask *ask)
{
	BUF_ON(name, 80);
	ask->run = run;
	ask->name_n = ask->name_at = 0;
	ask->heard_nothing = false;
	robot_address_reverse(&ask->address, &name);
	buf_byte(&name, '\0');
	run->open++;
	ares_query(run->channel, name_mem, ns_c_in, ns_t_ptr, on_reverse, ask);
}

/* --- the channel ----------------------------------------------------------------------------- */

static enum err open_channel(const struct conf *c, ares_channel *ret, struct fault *f)
{
	/* answers that do not fit a datagram are not fetched by TCP: no robot's is that long */
	struct ares_options o = {
		.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES | ARES_FLAG_IGNTC,
		.timeout = TRY_MS,
		.tries = TRIES};
	const char *servers = conf_str(c, CONF_robots_dns_servers);
	if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS)
		return ERR_NO_MEMORY;
	int status =
		ares_init_options(ret, &o, ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES);
	if (status == ARES_SUCCESS && servers[0]) {
		status = ares_set_servers_ports_csv(*ret, servers);
		if (status != ARES_SUCCESS)
			ares_destroy(*ret);
	}
	if (status == ARES_SUCCESS)
		return OK;
	ares_library_cleanup();
	if (status == ARES_ENOMEM)
		return ERR_NO_MEMORY;
	return fault_set(f, ERR_CONF, "robots.dns_servers",
		"addresses with commas between, each with :port or without; %s",
		ares_strerror(status));
}

static void close_channel(ares_channel channel)
{
	ares_destroy(channel);
	ares_library_cleanup();
}

enum err dns_check(const struct conf *c, struct fault *f)
{
	ares_channel channel;
	enum err e = open_channel(c, &channel, f);
	if (e == OK)
		close_channel(channel);
	return e;
}

/* Waits until something can be read or the library's own time is up, and lets it work. */
static enum err turn(ares_channel channel, int64_t ms)
{
	ares_socket_t sock[ARES_GETSOCK_MAXNUM];
	struct pollfd p[ARES_GETSOCK_MAXNUM];
	struct timeval most = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000}, tv;
	/* the library's own macros shift into the sign */
	unsigned bits = (unsigned)ares_getsock(channel, sock, ARES_GETSOCK_MAXNUM);
	nfds_t n = 0;
	for (int i = 0; i < ARES_GETSOCK_MAXNUM; i++) {
		short want = bits >> i & 1 ? POLLIN : 0;
		want |= bits >> (i + ARES_GETSOCK_MAXNUM) & 1 ? POLLOUT : 0;
		if (want)
			p[n++] = (struct pollfd){.fd = sock[i], .events = want};
	}
	const struct timeval *wait = ares_timeout(channel, &most, &tv);
	if (poll(p, n, (int)(wait->tv_sec * 1000 + (wait->tv_usec + 999) / 1000)) < 0 &&
		errno != EINTR)
		return ERR_IO;
	for (nfds_t i = 0; i < n; i++)
		ares_process_fd(channel, p[i].revents & ~POLLOUT ? p[i].fd : ARES_SOCKET_BAD,
			p[i].revents & POLLOUT ? p[i].fd : ARES_SOCKET_BAD);
	ares_process_fd(channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD); /* what timed out */
	return OK;
}

enum err dns_verify(const struct conf *c, struct dns_ask *asks, size_t n, mono_t deadline,
	const volatile int *stop, struct fault *f)
{
	struct dns_run run = {0};
	ASSERT(n <= DNS_ASKS_MAX);
	for (size_t i = 0; i < n; i++) {
		asks[i].answer = DNS_SILENT;
		asks[i].why = "not asked";
	}
	enum err e = open_channel(c, &run.channel, f);
	if (e != OK)
		return e;
	for (size_t i = 0; i < n; i++)
		ask_reverse(&run, &asks[i]);
	while (e == OK && run.open > 0 && !*stop) {
		int64_t left = mono_left_ms(deadline, clock_mono());
		if (left == 0)
			break;
		e = turn(run.channel, left < LOOK_MS ? left : LOOK_MS);
	}
	close_channel(run.channel); /* ends what is open: its callbacks are called */
	ASSERT(run.open == 0);
	return e;
}
