/* pay/dns.h: is an address what its robot's operator says? Asked of the domain name system in both
 * directions (libc-ares): its reverse name is one of the operator's, and that name leads back to
 * the address. Whoever has an address may give it any reverse name; only who has the domain can
 * make the name lead back. It lives in pay because the world outside lives here. Floor 2. */
#ifndef PAY_DNS_H
#define PAY_DNS_H

#include "base/clock.h"
#include "base/conf.h"
#include "core/robot.h"

#define DNS_ASKS_MAX 32 /* at once */
#define DNS_NAMES_MAX                                                                              \
	4 /* reverse names of the operator that are followed; others are passed by                 \
	   */

enum dns_answer {
	DNS_SILENT,   /* no answer, or a server that failed: nobody knows */
	DNS_VERIFIED, /* it is */
	DNS_FALSE     /* it is not */
};

struct dns_ask {
	/* the question */
	struct robot_address address;
	enum robot robot;
	/* the answer */
	enum dns_answer answer;
	const char *why; /* static words for DNS_SILENT and DNS_FALSE */
	/* own */
	struct dns_run *run;
	char name[DNS_NAMES_MAX][ROBOT_HOST_MAX + 1];
	size_t name_n, name_at;
	bool heard_nothing; /* of some name */
};

/* dns_check: can robots.dns_servers be used? fails  ERR_CONF, ERR_NO_MEMORY */
MUST enum err dns_check(const struct conf *c, struct fault *f);

/* dns_verify: up to DNS_ASKS_MAX questions side by side; every answer is filled in.
 *   deadline  what is open then is DNS_SILENT; also when *stop becomes true
 *   repeat    yes
 *   fails     ERR_CONF, ERR_NO_MEMORY (nothing was asked), ERR_IO; what was open is DNS_SILENT */
MUST enum err dns_verify(const struct conf *c, struct dns_ask *asks, size_t n, mono_t deadline,
	const volatile int *stop, struct fault *f);

#endif
