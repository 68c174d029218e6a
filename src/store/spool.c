/* store/spool.c: records of fixed size: reader 16, site 2, entries 1, first_at 8, at 8, entries 2 x
 * 8, sum 8 (of the bytes before it). A taken-over file is renamed to <path>.loading and held by a
 * lock, so that one process loads it and a crash leaves it to the next. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/crash.h"
#include "base/metric.h"
#include "base/seal.h"
#include "store/spool.h"

#define RECORD    59
#define SLICE     64
#define LOOK_MS   1000
#define PUT_TRIES 50

struct spool_load {
	int fd;
	size_t flying;
	bool failed, at_end;
	char path[1010];
	struct batch_op op[SLICE];
};

void spool_init(struct spool *s, const char *path, int64_t max_bytes)
{
	memset(s, 0, sizeof *s);
	if (str_copy(str_c(path), s->path, sizeof s->path) != OK)
		s->path[0] = '\0';
	s->max_bytes = max_bytes;
}

void spool_fini(struct spool *s)
{
	if (s->load) {
		close(s->load->fd);
		free(s->load);
	}
}

bool spool_waits(const char *path)
{
	static const char *const TAILS[] = {"", ".loading"};
	char name[1010];
	struct stat st;
	for (size_t i = 0; path[0] && i < ARRAY_N(TAILS); i++) {
		int n = snprintf(name, sizeof name, "%s%s", path, TAILS[i]);
		if (n > 0 && (size_t)n < sizeof name && stat(name, &st) == 0 && st.st_size > 0)
			return true;
	}
	return false;
}

static void put_be(uint8_t *p, uint64_t v, int n)
{
	for (int i = 0; i < n; i++)
		p[i] = (uint8_t)(v >> (8 * (n - 1 - i)));
}

static uint64_t get_be(const uint8_t *p, int n)
{
	uint64_t v = 0;
	for (int i = 0; i < n; i++)
		v = v << 8 | p[i];
	return v;
}

static void sum_of(const uint8_t *rec, uint8_t out[8])
{
	uint8_t h[32];
	seal_sha256((struct str){(const char *)rec, RECORD - 8}, h);
	memcpy(out, h, 8);
}

static void pack(const struct batch_op *op, uint8_t rec[RECORD])
{
	memset(rec, 0, RECORD);
	memcpy(rec, op->reader.b, 16);
	put_be(rec + 16, (uint16_t)op->site, 2);
	rec[18] = (uint8_t)op->seen_n;
	put_be(rec + 19, (uint64_t)op->first_at.us, 8);
	put_be(rec + 27, (uint64_t)op->at.us, 8);
	memcpy(rec + 35, op->seen, 16);
	sum_of(rec, rec + 51);
}

static bool unpack(const uint8_t rec[RECORD], struct batch_op *op)
{
	uint8_t sum[8];
	sum_of(rec, sum);
	if (memcmp(sum, rec + 51, 8) != 0 || rec[18] < 1 || rec[18] > BATCH_SEEN_MAX)
		return false;
	memset(op, 0, sizeof *op);
	memcpy(op->reader.b, rec, 16);
	op->site = (int16_t)get_be(rec + 16, 2);
	op->seen_n = rec[18];
	op->first_at.us = (int64_t)get_be(rec + 19, 8);
	op->at.us = (int64_t)get_be(rec + 27, 8);
	memcpy(op->seen, rec + 35, 16);
	op->version = -1;
	return true;
}

/* Open under a lock; a file that was renamed away meanwhile is not the spool any more. Never waits
 * long: the lock's holder appends one record, or has taken the file over and keeps the lock while
 * it loads. */
static int open_locked(const char *path, int flags, int tries)
{
	for (; tries > 0; tries--) {
		int fd = open(path, flags | O_CLOEXEC, 0600);
		struct stat a, b;
		if (fd < 0)
			return -1;
		if (flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &a) == 0 &&
			stat(path, &b) == 0 && a.st_ino == b.st_ino)
			return fd;
		int why = errno;
		close(fd);
		if (tries > 1)
			nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
		errno = why;
	}
	return -1;
}

void spool_put(struct spool *s, const struct batch_op *op)
{
	uint8_t rec[RECORD];
	struct stat st;
	int fd = s->path[0] ? open_locked(s->path, O_WRONLY | O_APPEND | O_CREAT, PUT_TRIES) : -1;
	bool ok = fd >= 0 && fstat(fd, &st) == 0 && st.st_size + RECORD <= s->max_bytes;
	if (ok &&
		st.st_size % RECORD != 0) /* a torn record of a crash: back to the last whole one */
		ok = ftruncate(fd, st.st_size - st.st_size % RECORD) == 0;
	pack(op, rec);
	ok = ok && write(fd, rec, RECORD) == RECORD;
	CRASH_POINT("m.spooled");
	if (fd >= 0)
		close(fd);
	metric_add(ok ? METRIC_SPOOLED : METRIC_SPOOL_DROPPED, 0, 1);
}

/* What waits, in the file and in the one that is being loaded. */
static void tell(const struct spool *s)
{
	char loading[1010];
	struct stat st;
	int64_t n = 0;
	snprintf(loading, sizeof loading, "%s.loading", s->path);
	if (stat(s->path, &st) == 0)
		n += st.st_size / RECORD;
	if (stat(loading, &st) == 0)
		n += st.st_size / RECORD;
	metric_set(METRIC_SPOOL, 0, n);
}

static struct spool_load *g_load; /* the one that flies: ops have no room for a pointer back */

static void loaded(struct batch_op *op)
{
	g_load->flying--;
	if (op->err != OK)
		g_load->failed = true;
}

/* Take over the spool, or what a dead process left half loaded. */
static void take(struct spool *s)
{
	struct spool_load *l = calloc(1, sizeof *l);
	if (!l)
		return;
	snprintf(l->path, sizeof l->path, "%s.loading", s->path);
	l->fd = open_locked(l->path, O_RDONLY, 1);
	if (l->fd < 0 && errno != EWOULDBLOCK && stat(l->path, &(struct stat){0}) != 0) {
		int fd = open_locked(s->path, O_RDONLY, 1);
		/* another process may load by now: its file is not to be overwritten */
		if (fd >= 0 &&
			renameat2(AT_FDCWD, s->path, AT_FDCWD, l->path, RENAME_NOREPLACE) == 0)
			l->fd = fd;
		else if (fd >= 0)
			close(fd);
	}
	if (l->fd < 0) {
		free(l);
		return;
	}
	s->load = g_load = l;
}

static void end_load(struct spool *s)
{
	struct spool_load *l = s->load;
	CRASH_POINT("m.loaded");
	if (!l->failed)
		unlink(l->path);
	close(l->fd);
	free(l);
	s->load = g_load = NULL;
}

void spool_load(struct spool *s, struct batch *const *batch, size_t batch_n, mono_t now)
{
	if (s->load && s->load->flying > 0)
		return;
	if (s->load && (s->load->failed || s->load->at_end)) {
		end_load(s);
		return;
	}
	if (!s->load) {
		if (!s->path[0] || now.us < s->look_at.us)
			return;
		s->look_at = mono_add(now, dur_ms(LOOK_MS));
		tell(s);
		take(s);
		if (!s->load)
			return;
	}
	struct spool_load *l = s->load;
	uint8_t rec[RECORD];
	size_t n = 0;
	while (n < SLICE) {
		if (read(l->fd, rec, RECORD) != RECORD) {
			l->at_end = true;
			break;
		}
		if (unpack(rec, &l->op[n])) {
			l->op[n].done = loaded;
			n++;
		}
	}
	l->flying = n;
	for (size_t i = 0; i < n; i++)
		batch_add(batch[l->op[i].reader.b[15] % batch_n], &l->op[i]);
}
