/* main/ctl_mint.c: pledgectl mint-cookies: readers for the bench, stored as if they had read twelve
 * articles. With --new: readers whose first view is in their cookie alone. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/seal.h"
#include "core/ticket.h"
#include "main/ctl.h"

#define CHUNK     500
#define SEEN      12
#define SITE      1
#define MINT_MAX  10000000
#define ROW_BYTES (2 * SEEN * READER_SEEN_BYTES + 80)
#define DAY_ZERO  10957 /* 2000-01-01 in days since 1970 */

struct mint {
	struct seal_ring ring;
	FILE *out;
	struct buf sql;
	utc_t now;
	bool is_new;
};

static enum err put_cookie(struct mint *m, const struct ticket_cookie *cookie)
{
	uint8_t payload[TICKET_BYTES_MAX];
	BUF_ON(text, 512);
	enum err e = seal_sign(&m->ring, TICKET_COOKIE_PURPOSE, payload,
		ticket_cookie_pack(cookie, payload), &text);
	return e == OK && fprintf(m->out, "%.*s\n", STR_FMT(buf_str(&text))) < 0 ? ERR_IO : e;
}

/* One VALUES row and one cookie. */
static enum err reader(struct mint *m, bool first)
{
	struct ticket_cookie cookie = {.site = SITE};
	uint8_t seen[SEEN * READER_SEEN_BYTES];
	uint64_t hash[SEEN];
	char id[37], hex[2 * sizeof seen + 1];
	enum err e = uuid_new4(&cookie.reader);
	if (e == OK)
		e = seal_random(hash, sizeof hash);
	if (e != OK)
		return e;
	uint16_t today = (uint16_t)(utc_s(m->now) / 86400 - DAY_ZERO);
	for (unsigned i = 0; i < SEEN; i++)
		reader_seen_pack((uint16_t)(today - i), 0, hash[i] | 1,
			seen + i * READER_SEEN_BYTES);
	uuid_format(&cookie.reader, id);
	str_hex(seen, sizeof seen, hex);
	buf_addf(&m->sql, "%s('%s','\\x%s')", first ? "" : ",", id, hex);
	return put_cookie(m, &cookie);
}

static enum err new_reader(struct mint *m)
{
	struct ticket_cookie cookie = {
		.site = SITE, .has_first = true, .first_at = utc_of_s(utc_s(m->now) - 86400)};
	uint64_t hash = 0;
	enum err e = uuid_new4(&cookie.reader);
	if (e == OK)
		e = seal_random(&hash, sizeof hash);
	uint16_t yesterday = (uint16_t)(utc_s(m->now) / 86400 - DAY_ZERO - 1);
	reader_seen_pack(yesterday, 0, hash | 1, cookie.first);
	return e == OK ? put_cookie(m, &cookie) : e;
}

static enum err chunk(struct mint *m, struct store *s, uint64_t n, struct fault *f)
{
	m->sql.n = 0;
	buf_addc(&m->sql, "BEGIN; SET LOCAL ROLE pledged_owner; "
			  "INSERT INTO pledged.reader (reader_id, site_id, first_at, last_at, "
			  "seen, views) SELECT v.id::uuid, ");
	buf_addf(&m->sql,
		"%d, to_timestamp(%lld), to_timestamp(%lld), v.seen::bytea, %d FROM (VALUES ", SITE,
		(long long)(utc_s(m->now) - (SEEN - 1) * 86400), (long long)utc_s(m->now), SEEN);
	for (uint64_t i = 0; i < n; i++) {
		enum err e = reader(m, i == 0);
		if (e != OK)
			return fault_set(f, e, NULL, "%s", err_sentence(e));
	}
	buf_addc(&m->sql, ") AS v(id, seen); COMMIT");
	buf_byte(&m->sql, '\0');
	return buf_done(&m->sql) == OK ? store_script(s, m->sql.p, NULL, f) : ERR_TOO_LONG;
}

static enum err mint(struct ctl *c, struct mint *m, uint64_t n, struct fault *f)
{
	enum err e = seal_ring_parse(conf_secret(&c->conf, CONF_cookie_key_file), &m->ring, f);
	m->now = clock_utc();
	for (uint64_t i = 0; e == OK && m->is_new && i < n; i++)
		e = new_reader(m);
	for (uint64_t done = 0; e == OK && !m->is_new && done < n; done += CHUNK)
		e = chunk(m, c->store, n - done < CHUNK ? n - done : CHUNK, f);
	seal_ring_fini(&m->ring);
	return e;
}

int ctl_mint(struct ctl *c, int argc, char **argv)
{
	uint64_t n;
	struct mint m = {.is_new = argc > 1 && str_eq(str_c(argv[1]), STR("--new"))};
	argc -= m.is_new;
	argv += m.is_new;
	if (argc != 3 || str_u64(str_c(argv[1]), MINT_MAX, &n) != OK)
		return ctl_usage(c);
	int code = ctl_open(c);
	if (code != CTL_OK)
		return code;
	struct fault f = {0};
	char *mem = malloc(1000 + CHUNK * ROW_BYTES);
	int fd = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	m.out = fd >= 0 ? fdopen(fd, "w") : NULL;
	enum err e = mem ? OK : ERR_NO_MEMORY;
	if (e == OK && !m.out)
		e = fault_set(&f, ERR_IO, NULL, "%.100s: %s", argv[2], strerror(errno));
	if (e == OK) {
		buf_init(&m.sql, mem, 1000 + CHUNK * ROW_BYTES);
		e = mint(c, &m, n, &f);
	}
	if (m.out && fclose(m.out) != 0 && e == OK)
		e = fault_set(&f, ERR_IO, NULL, "%.100s: %s", argv[2], strerror(errno));
	free(mem);
	return e == OK ? CTL_OK : ctl_fail(e, &f);
}
