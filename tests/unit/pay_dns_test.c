/* DNS: a small name server on loopback that tells the truth, lies, keeps silent and sends rubbish. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "pay/dns.h"

enum { T_A = 1, T_CNAME = 5, T_PTR = 12, T_AAAA = 28 };
enum how { TELL, NXDOMAIN, SERVFAIL, REFUSED, SILENT, RUBBISH, LOOP, CUT, OTHER_ID, OTHER_QUESTION, FLOOD };

/* What the server knows. A row with `type` 0 tells how a name is answered for any type. */
static const struct record {
	const char *name;
	int type;
	const char *data; /* of names: text with dots; \. is a dot in a label, \n a line end */
	enum how how;
} RECORDS[] = {
	/* the truth */
	{"1.2.0.192.in-addr.arpa", T_PTR, "crawl-1.googlebot.com", TELL},
	{"crawl-1.googlebot.com", T_A, "192.0.2.1", TELL},
	{"1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa", T_PTR, "crawl-6.googlebot.com", TELL},
	{"crawl-6.googlebot.com", T_AAAA, "2001:db8::2", TELL},
	{"crawl-6.googlebot.com", T_AAAA, "2001:db8::1", TELL},
	/* of somebody else's domain, which does lead back */
	{"2.2.0.192.in-addr.arpa", T_PTR, "crawl.evilgooglebot.com", TELL},
	{"crawl.evilgooglebot.com", T_A, "192.0.2.2", TELL},
	{"3.2.0.192.in-addr.arpa", T_PTR, "crawl.googlebot.com.evil.example", TELL},
	{"crawl.googlebot.com.evil.example", T_A, "192.0.2.3", TELL},
	{"4.2.0.192.in-addr.arpa", T_PTR, "crawl\\.googlebot\\.com", TELL},
	{"5.2.0.192.in-addr.arpa", T_PTR, "crawl\n.googlebot.com", TELL},
	/* a name of Google's that leads elsewhere, nowhere, or to the other kind of address */
	{"10.2.0.192.in-addr.arpa", T_PTR, "crawl-1.googlebot.com", TELL},
	{"11.2.0.192.in-addr.arpa", T_PTR, "crawl-11.googlebot.com", TELL},
	{"2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa", T_PTR, "crawl-1.googlebot.com", TELL},
	/* silence and failure */
	{"20.2.0.192.in-addr.arpa", 0, NULL, SILENT},
	{"21.2.0.192.in-addr.arpa", 0, NULL, SERVFAIL},
	{"22.2.0.192.in-addr.arpa", 0, NULL, REFUSED},
	{"23.2.0.192.in-addr.arpa", T_PTR, "mute.googlebot.com", TELL},
	{"mute.googlebot.com", 0, NULL, SILENT},
	{"24.2.0.192.in-addr.arpa", T_PTR, "broken.googlebot.com", TELL},
	{"broken.googlebot.com", 0, NULL, SERVFAIL},
	{"25.2.0.192.in-addr.arpa", 0, NULL, OTHER_ID},
	{"26.2.0.192.in-addr.arpa", 0, NULL, OTHER_QUESTION},
	/* aliases: a reverse zone of less than a /24 (RFC 2317), a name that moved, names that go in circles */
	{"30.2.0.192.in-addr.arpa", T_CNAME, "30.0-63.2.0.192.in-addr.arpa", TELL},
	{"30.0-63.2.0.192.in-addr.arpa", T_PTR, "crawl-30.googlebot.com", TELL},
	{"crawl-30.googlebot.com", T_CNAME, "there.googlebot.com", TELL},
	{"there.googlebot.com", T_A, "192.0.2.30", TELL},
	{"31.2.0.192.in-addr.arpa", T_CNAME, "31.2.0.192.in-addr.arpa", TELL},
	{"32.2.0.192.in-addr.arpa", T_PTR, "round.googlebot.com", TELL},
	{"round.googlebot.com", T_CNAME, "about.googlebot.com", TELL},
	{"about.googlebot.com", T_CNAME, "round.googlebot.com", TELL},
	/* many names */
	{"40.2.0.192.in-addr.arpa", T_PTR, "www.evil.example", TELL},
	{"40.2.0.192.in-addr.arpa", T_PTR, "mail.evil.example", TELL},
	{"40.2.0.192.in-addr.arpa", T_PTR, "crawl-1.googlebot.com", TELL},
	{"40.2.0.192.in-addr.arpa", T_PTR, "mute.googlebot.com", TELL},
	{"40.2.0.192.in-addr.arpa", T_PTR, "crawl-40.googlebot.com", TELL},
	{"crawl-40.googlebot.com", T_A, "192.0.2.40", TELL},
	{"41.2.0.192.in-addr.arpa", T_PTR, "a.googlebot.com", TELL},
	{"41.2.0.192.in-addr.arpa", T_PTR, "b.googlebot.com", TELL},
	{"41.2.0.192.in-addr.arpa", T_PTR, "c.googlebot.com", TELL},
	{"41.2.0.192.in-addr.arpa", T_PTR, "d.googlebot.com", TELL},
	{"41.2.0.192.in-addr.arpa", T_PTR, "crawl-41.googlebot.com", TELL},
	{"crawl-41.googlebot.com", T_A, "192.0.2.41", TELL},
	{"42.2.0.192.in-addr.arpa", 0, NULL, FLOOD},
	/* what is no answer */
	{"50.2.0.192.in-addr.arpa", 0, NULL, RUBBISH},
	{"51.2.0.192.in-addr.arpa", 0, NULL, LOOP},
	{"52.2.0.192.in-addr.arpa", 0, NULL, CUT},
	{"53.2.0.192.in-addr.arpa", T_PTR, "loop.googlebot.com", TELL},
	{"loop.googlebot.com", 0, NULL, LOOP},
};

/* --- the server --------------------------------------------------------------------------------- */

static pid_t server;
static char servers[40];
static volatile unsigned *asked; /* shared: how many look-ups of a name there were */

struct packet {
	uint8_t b[4000];
	size_t n;
};

static void put16(struct packet *p, unsigned v)
{
	p->b[p->n++] = (uint8_t)(v >> 8);
	p->b[p->n++] = (uint8_t)v;
}

static void put_name(struct packet *p, const char *name)
{
	while (*name) {
		size_t len = p->n++, n = 0;
		for (; *name && *name != '.'; name++) {
			if (name[0] == '\\' && name[1] == '.')
				name++;
			p->b[p->n++] = (uint8_t)*name;
			n++;
		}
		p->b[len] = (uint8_t)n;
		name += *name == '.';
	}
	p->b[p->n++] = 0;
}

static void put_record(struct packet *p, const char *name, int type, const char *data)
{
	put_name(p, name);
	put16(p, (unsigned)type);
	put16(p, 1);
	put16(p, 0);
	put16(p, 60);
	size_t at = p->n;
	p->n += 2;
	if (type == T_A)
		inet_pton(AF_INET, data, p->b + p->n), p->n += 4;
	else if (type == T_AAAA)
		inet_pton(AF_INET6, data, p->b + p->n), p->n += 16;
	else
		put_name(p, data);
	size_t n = p->n - at - 2;
	p->b[at] = (uint8_t)(n >> 8);
	p->b[at + 1] = (uint8_t)n;
}

/* The question's name as text; gives where its type stands. */
static size_t get_name(const uint8_t *b, char out[300])
{
	size_t at = 12, n = 0;
	while (b[at]) {
		if (n)
			out[n++] = '.';
		memcpy(out + n, b + at + 1, b[at]);
		n += b[at];
		at += b[at] + 1u;
	}
	out[n] = '\0';
	return at + 1;
}

static unsigned put_all(struct packet *p, const char *name, int type, int depth)
{
	unsigned n = 0;
	for (size_t i = 0; i < ARRAY_N(RECORDS); i++) {
		const struct record *r = &RECORDS[i];
		if (strcasecmp(r->name, name) != 0 || (r->type != type && r->type != T_CNAME))
			continue;
		put_record(p, r->name, r->type, r->data);
		n += 1 + (r->type == T_CNAME && depth < 4 ? put_all(p, r->data, type, depth + 1) : 0);
	}
	return n;
}

static enum how how_of(const char *name)
{
	enum how how = NXDOMAIN;
	for (size_t i = 0; i < ARRAY_N(RECORDS); i++)
		if (strcasecmp(RECORDS[i].name, name) == 0)
			how = RECORDS[i].how;
	return how;
}

static void answer(struct packet *p, const char *name, int type)
{
	enum how how = how_of(name);
	unsigned n = 0;

	p->b[2] = 0x85; /* an answer, with authority */
	p->b[3] = how == NXDOMAIN ? 3 : how == SERVFAIL ? 2 : how == REFUSED ? 5 : 0;
	memset(p->b + 6, 0, 6);
	if (how == TELL)
		n = put_all(p, name, type, 0);
	if (how == OTHER_ID || how == OTHER_QUESTION) {
		put_record(p, name, T_PTR, "crawl-1.googlebot.com");
		n = 1;
		p->b[how == OTHER_ID ? 0 : 13] ^= 1;
	}
	if (how == FLOOD)
		for (n = 0; p->n < 3500; n++)
			put_record(p, name, T_PTR, "x.evil.example");
	if (how == LOOP || how == CUT) {
		put_record(p, name, type, how == CUT ? "crawl-1.googlebot.com" : "x");
		n = 1;
		if (how == CUT)
			p->n -= 9;
		else
			p->b[p->n - 3] = 0xc0, p->b[p->n - 2] = (uint8_t)(p->n - 3), p->n--; /* a pointer to itself */
	}
	if (how == RUBBISH)
		memset(p->b + 4, 0xff, 20);
	else
		p->b[7] = (uint8_t)n, p->b[6] = (uint8_t)(n >> 8);
}

static void serve(int sock)
{
	for (;;) {
		struct packet p;
		struct sockaddr_in from;
		socklen_t from_n = sizeof from;
		char name[300];
		ssize_t n = recvfrom(sock, p.b, 512, 0, (struct sockaddr *)&from, &from_n);
		if (n < 17)
			continue;
		size_t at = get_name(p.b, name);
		int type = p.b[at] << 8 | p.b[at + 1];
		p.n = at + 4;
		*asked += type != T_PTR;
		if (how_of(name) == SILENT)
			continue;
		answer(&p, name, type);
		sendto(sock, p.b, p.n, 0, (struct sockaddr *)&from, from_n);
	}
}

static int start(void **state)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t at_n = sizeof at;
	int sock = socket(AF_INET, SOCK_DGRAM, 0);

	(void)state;
	asked = mmap(NULL, sizeof *asked, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (asked == MAP_FAILED || bind(sock, (struct sockaddr *)&at, sizeof at) != 0 ||
		getsockname(sock, (struct sockaddr *)&at, &at_n) != 0)
		return -1;
	snprintf(servers, sizeof servers, "127.0.0.1:%d", ntohs(at.sin_port));
	server = fork();
	if (server == 0) {
		alarm(120); /* never outlives a test that died */
		serve(sock);
	}
	close(sock);
	return server > 0 ? 0 : -1;
}

static int stop(void **state)
{
	(void)state;
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
	return 0;
}

/* --- the cases ---------------------------------------------------------------------------------- */

static struct conf conf_of(char *text)
{
	struct conf c = {0};
	c.text[CONF_robots_dns_servers] = text;
	return c;
}

static int64_t ask_all(struct dns_ask *asks, size_t n, int64_t ms, int stopped)
{
	struct conf c = conf_of(servers);
	struct fault f = {0};
	volatile int flag = stopped;
	mono_t from = clock_mono();

	assert_int_equal(dns_verify(&c, asks, n, mono_add(from, dur_ms(ms)), &flag, &f), OK);
	return (clock_mono().us - from.us) / 1000;
}

static struct dns_ask claim(const char *address, enum robot robot)
{
	struct dns_ask ask = {.robot = robot};
	assert_int_equal(robot_address_parse(str_c(address), &ask.address), OK);
	return ask;
}

static const struct row {
	const char *address;
	enum robot robot;
	enum dns_answer answer;
	const char *why;
} CASES[] = {
	{"192.0.2.1", ROBOT_googlebot, DNS_VERIFIED, NULL},
	{"2001:db8::1", ROBOT_googlebot, DNS_VERIFIED, NULL},
	{"192.0.2.1", ROBOT_bingbot, DNS_FALSE, "its name is another's"},
	{"192.0.2.1", ROBOT_duckduckbot, DNS_FALSE, "its name is another's"},
	{"192.0.2.2", ROBOT_googlebot, DNS_FALSE, "its name is another's"},
	{"192.0.2.3", ROBOT_googlebot, DNS_FALSE, "its name is another's"},
	{"192.0.2.4", ROBOT_googlebot, DNS_FALSE, NULL},
	{"192.0.2.5", ROBOT_googlebot, DNS_FALSE, NULL},
	{"192.0.2.9", ROBOT_googlebot, DNS_FALSE, "it has no name"},
	{"192.0.2.10", ROBOT_googlebot, DNS_FALSE, "its name leads elsewhere"},
	{"192.0.2.11", ROBOT_googlebot, DNS_FALSE, "its name leads elsewhere"},
	{"2001:db8::2", ROBOT_googlebot, DNS_FALSE, "its name leads elsewhere"},
	{"192.0.2.21", ROBOT_googlebot, DNS_SILENT, "no answer to its address"},
	{"192.0.2.22", ROBOT_googlebot, DNS_SILENT, "no answer to its address"},
	{"192.0.2.24", ROBOT_googlebot, DNS_SILENT, "no answer to its name"},
	{"192.0.2.30", ROBOT_googlebot, DNS_VERIFIED, NULL},
	{"192.0.2.31", ROBOT_googlebot, DNS_FALSE, NULL},
	{"192.0.2.32", ROBOT_googlebot, DNS_FALSE, "its name leads elsewhere"},
	{"192.0.2.42", ROBOT_googlebot, DNS_FALSE, NULL},
	{"192.0.2.51", ROBOT_googlebot, DNS_FALSE, "its name cannot be read"},
	{"192.0.2.52", ROBOT_googlebot, DNS_FALSE, "its name cannot be read"},
	{"192.0.2.53", ROBOT_googlebot, DNS_FALSE, "its name leads elsewhere"},
};

static void each_by_itself(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_N(CASES); i++) {
		const struct row *r = &CASES[i];
		struct dns_ask ask = claim(r->address, r->robot);
		int64_t ms = ask_all(&ask, 1, 5000, 0);
		if (ask.answer != r->answer || (r->why && strcmp(ask.why, r->why) != 0) || ms > 2000)
			fail_msg("%s as %s: %d, %s, %lld ms", r->address, robot_name(r->robot), (int)ask.answer,
				ask.why ? ask.why : "-", (long long)ms);
	}
}

static void side_by_side(void **state)
{
	(void)state;
	for (size_t from = 0; from < ARRAY_N(CASES); from += DNS_ASKS_MAX) {
		struct dns_ask asks[DNS_ASKS_MAX];
		size_t n = 0;
		for (; n < DNS_ASKS_MAX && from + n < ARRAY_N(CASES); n++)
			asks[n] = claim(CASES[from + n].address, CASES[from + n].robot);
		ask_all(asks, n, 5000, 0);
		for (size_t i = 0; i < n; i++)
			assert_int_equal(asks[i].answer, CASES[from + i].answer);
	}
}

static void the_silent_hold_nobody_up(void **state)
{
	static const char *const SILENT_ONES[] = {"192.0.2.20", "192.0.2.23", "192.0.2.25", "192.0.2.26", "192.0.2.50"};
	struct dns_ask asks[DNS_ASKS_MAX];

	(void)state;
	for (size_t i = 0; i < DNS_ASKS_MAX; i++)
		asks[i] = claim(i < ARRAY_N(SILENT_ONES) ? SILENT_ONES[i] : "192.0.2.1", ROBOT_googlebot);
	int64_t ms = ask_all(asks, DNS_ASKS_MAX, 500, 0);
	for (size_t i = 0; i < DNS_ASKS_MAX; i++)
		if (asks[i].answer != (i < ARRAY_N(SILENT_ONES) ? DNS_SILENT : DNS_VERIFIED))
			fail_msg("%zu: %d, %s", i, (int)asks[i].answer, asks[i].why ? asks[i].why : "-");
	assert_in_range(ms, 480, 1500);
}

static void a_silent_server_is_given_up(void **state)
{
	struct dns_ask ask = claim("192.0.2.20", ROBOT_googlebot);

	(void)state;
	int64_t ms = ask_all(&ask, 1, 20000, 0);
	assert_int_equal(ask.answer, DNS_SILENT);
	assert_in_range(ms, 500, 6000);
}

static void few_names_are_followed(void **state)
{
	struct dns_ask ask = claim("192.0.2.40", ROBOT_googlebot);

	(void)state;
	ask_all(&ask, 1, 5000, 0);
	assert_int_equal(ask.answer, DNS_VERIFIED); /* past one that leads elsewhere and one that is mute */
	*asked = 0;
	ask = claim("192.0.2.41", ROBOT_googlebot);
	ask_all(&ask, 1, 5000, 0);
	assert_int_equal(ask.answer, DNS_FALSE);
	assert_int_equal(*asked, DNS_NAMES_MAX);
}

static void the_end_is_heard(void **state)
{
	struct dns_ask ask = claim("192.0.2.20", ROBOT_googlebot);

	(void)state;
	assert_in_range(ask_all(&ask, 1, 5000, 1), 0, 400);
	assert_int_equal(ask.answer, DNS_SILENT);
	ask = claim("192.0.2.1", ROBOT_googlebot);
	ask_all(&ask, 1, 0, 0);
	assert_int_equal(ask.answer, DNS_SILENT);
	assert_in_range(ask_all(NULL, 0, 5000, 0), 0, 400);
}

static void servers_are_checked(void **state)
{
	static char *const GOOD[] = {"", "127.0.0.1", "127.0.0.1:5353", "127.0.0.1:5353,[::1]:53", "::1"};
	static char *const BAD[] = {"localhost", "127.0.0.1;::1", "nonsense:53", "["};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(GOOD) + ARRAY_N(BAD); i++) {
		bool good = i < ARRAY_N(GOOD);
		struct conf c = conf_of(good ? GOOD[i] : BAD[i - ARRAY_N(GOOD)]);
		struct fault f = {0};
		enum err e = dns_check(&c, &f);
		if (e != (good ? OK : ERR_CONF))
			fail_msg("\"%s\": %s", c.text[CONF_robots_dns_servers], err_slug(e));
		if (!good) {
			struct dns_ask ask = claim("192.0.2.1", ROBOT_googlebot);
			volatile int flag = 0;
			assert_string_equal(f.field, "robots.dns_servers");
			assert_int_equal(dns_verify(&c, &ask, 1, mono_add(clock_mono(), dur_ms(100)), &flag, &f), ERR_CONF);
			assert_int_equal(ask.answer, DNS_SILENT);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_by_itself),
	    cmocka_unit_test(side_by_side),
	    cmocka_unit_test(the_silent_hold_nobody_up),
	    cmocka_unit_test(a_silent_server_is_given_up),
	    cmocka_unit_test(few_names_are_followed),
	    cmocka_unit_test(the_end_is_heard),
	    cmocka_unit_test(servers_are_checked),
	};
	return cmocka_run_group_tests_name("dns", tests, start, stop);
}
