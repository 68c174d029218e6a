/* base/metric_file.c: head, slots, locks; and what happens when the file is cut. */
#include "base/metric_file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/metric_own.h"

#define PAGE  4096
#define TRIES 3

struct head {
	char magic[8];
	uint64_t layout, slots, slot_bytes;
	_Atomic uint64_t used; /* slots that were ever taken; the rest is never looked at */
};
static const char MAGIC[8] = "pledgedM";

#define SLOT_BYTES ((METRIC_WORDS * sizeof(uint64_t) + PAGE - 1) / PAGE * PAGE)
#define FILE_BYTES (PAGE + METRIC_FILE_SLOTS * SLOT_BYTES)

static struct {
	int fd;
	char path[1050];
	struct head *map; /* NULL: no file */
	size_t mine;
	volatile sig_atomic_t cut, told;
	struct sigaction before;
} g = {.fd = -1};

/* --- what a layout is ------------------------------------------------------------------------- */

static void hash(uint64_t *h, const void *p, size_t n)
{
	for (const unsigned char *c = p; n-- > 0; c++)
		*h = (*h ^ *c) * UINT64_C(1099511628211);
}

/* Rows, their places, and the lists of their labels. */
static uint64_t layout(void)
{
	uint64_t h = UINT64_C(14695981039346656037);

	for (const struct metric_row *r = metric_rows; r < metric_rows + METRIC_N; r++) {
		if (r->type == METRIC_INFO)
			continue;
		hash(&h, r->name, strlen(r->name) + 1);
		hash(&h, r->labels, strlen(r->labels) + 1);
		hash(&h, &r->type, sizeof r->type);
		hash(&h, &r->first, sizeof r->first);
		for (size_t i = 0; i < r->label_n; i++)
			for (size_t k = 0; k < r->n[i]; k++)
				hash(&h, r->value[i][k], strlen(r->value[i][k]) + 1);
	}
	return h;
}

static struct head head_of(void)
{
	struct head h = {.layout = layout(), .slots = METRIC_FILE_SLOTS, .slot_bytes = SLOT_BYTES};

	memcpy(h.magic, MAGIC, sizeof h.magic);
	return h;
}

/* --- a file that is cut ----------------------------------------------------------------------- */

/* Reading or writing behind the end of a mapped file gives this signal. Memory of our own takes the
 * place of the file, and the access is repeated there. */
static void on_bus(int sig, siginfo_t *info, void *context)
{
	char *at = info->si_addr, *map = (char *)g.map;

	(void)context;
	if (map && at >= map && at < map + FILE_BYTES &&
		mmap(map, FILE_BYTES, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0) == map) {
		g.cut = 1;
		return;
	}
	sigaction(sig, &g.before, NULL);
}

bool metric_file_lost(void)
{
	struct stat st;
	bool lost = g.map && (g.cut || (fstat(g.fd, &st) == 0 && st.st_nlink == 0));
	bool news = lost && !g.told;

	g.told = lost;
	return news;
}

const char *metric_file_path(void)
{
	return g.map ? g.path : "";
}

/* --- opening ---------------------------------------------------------------------------------- */

static enum err failed(struct fault *f, const char *what)
{
	return fault_set(f, ERR_IO, NULL, "%s: %s", what, strerror(errno));
}

/* A whole new file appears under its name at once, and only if there is none. */
static enum err make(struct fault *f)
{
	struct head h = head_of();
	char temp[sizeof g.path + 24];

	snprintf(temp, sizeof temp, "%s.%ld", g.path, (long)getpid());
	unlink(temp);
	int fd = open(temp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0660);
	if (fd < 0)
		return failed(f, "cannot be made");
	/* Roles of other users share it by their group, whatever the umask. */
	bool fine = fchmod(fd, 0660) == 0 && ftruncate(fd, FILE_BYTES) == 0 &&
		    write(fd, &h, sizeof h) == (ssize_t)sizeof h &&
		    (link(temp, g.path) == 0 || errno == EEXIST);
	enum err e = fine ? OK : failed(f, "cannot be made");
	unlink(temp);
	close(fd);
	return e;
}

static enum err check(int fd, struct fault *f)
{
	struct head want = head_of(), h;
	struct stat st;

	if (fstat(fd, &st) != 0)
		return failed(f, "cannot be read");
	if (!S_ISREG(st.st_mode) || st.st_size != (off_t)FILE_BYTES ||
		pread(fd, &h, sizeof h, 0) != (ssize_t)sizeof h ||
		memcmp(&h, &want, offsetof(struct head, used)) != 0)
		return fault_set(f, ERR_STATE, NULL, "is not a file of ours");
	return OK;
}

static enum err open_file(struct fault *f)
{
	enum err e = OK;

	for (int i = 0; i < TRIES && e == OK; i++) {
		g.fd = open(g.path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
		if (g.fd >= 0)
			return check(g.fd, f);
		if (errno != ENOENT)
			return failed(f, "cannot be opened");
		e = make(f);
	}
	return e != OK ? e : fault_set(f, ERR_IO, NULL, "goes away again and again");
}

static off_t place(size_t slot)
{
	return (off_t)(PAGE + slot * SLOT_BYTES);
}

static struct flock lock_of(size_t slot)
{
	return (struct flock){
		.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = place(slot), .l_len = 1};
}

/* The lowest that nobody holds: a dead process's before a new one. Its room is taken now, so that
 * later a full disk is nobody's surprise. */
static enum err claim(struct fault *f)
{
	for (size_t i = 0; i < METRIC_FILE_SLOTS; i++) {
		struct flock lock = lock_of(i);
		if (fcntl(g.fd, F_OFD_SETLK, &lock) != 0) {
			if (errno == EAGAIN || errno == EACCES)
				continue;
			return failed(f, "cannot be locked");
		}
		if (fallocate(g.fd, FALLOC_FL_KEEP_SIZE, place(i), (off_t)SLOT_BYTES) != 0 &&
			errno != EOPNOTSUPP)
			return failed(f, "has no room");
		g.mine = i;
		return OK;
	}
	return fault_set(f, ERR_STATE, NULL, "all %d slots are taken", METRIC_FILE_SLOTS);
}

static _Atomic uint64_t *slot_at(size_t i)
{
	return (_Atomic uint64_t *)(void *)((char *)g.map + place(i));
}

/* Counts go on from those that are there; gauges of whoever was there before do not. */
static void take_over(void)
{
	_Atomic uint64_t *slot = slot_at(g.mine);
	uint64_t used = atomic_load(&g.map->used);

	for (const struct metric_row *r = metric_rows; r < metric_rows + METRIC_N; r++) {
		size_t end = r->type == METRIC_NAMED ? r->first : r->first + r->most * r->width;
		for (size_t w = r->first; w < end; w++) {
			if (!METRIC_IS_GAUGE(r->type))
				metric_own[w] += atomic_load(&slot[w]);
			atomic_store(&slot[w], metric_own[w]);
		}
		if (r->type == METRIC_NAMED)
			metric_named_take_over(r, slot);
	}
	while (used <= g.mine && !atomic_compare_exchange_weak(&g.map->used, &used, g.mine + 1))
		;
	metric_slot = slot;
}

static enum err map(struct fault *f)
{
	struct sigaction bus = {.sa_sigaction = on_bus, .sa_flags = SA_SIGINFO};
	void *p = mmap(NULL, FILE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, g.fd, 0);

	if (p == MAP_FAILED)
		return failed(f, "cannot be mapped");
	g.map = p;
	g.cut = g.told = 0;
	sigemptyset(&bus.sa_mask);
	sigaction(SIGBUS, &bus, &g.before);
	return OK;
}

enum err metric_file_open(const char *path, struct fault *f)
{
	ASSERT(!g.map);
	if (path[0] == '\0')
		return OK;
	int n = snprintf(g.path, sizeof g.path, "%s.%08x", path, (unsigned)(layout() >> 32));
	enum err e = n < (int)sizeof g.path ? open_file(f)
					    : fault_set(f, ERR_IO, NULL, "the name is too long");
	if (e == OK)
		e = claim(f);
	if (e == OK)
		e = map(f);
	if (e == OK)
		take_over();
	else if (g.fd >= 0) {
		close(g.fd);
		g.fd = -1;
	}
	return e;
}

void metric_file_close(void)
{
	if (!g.map)
		return;
	metric_slot = NULL;
	sigaction(SIGBUS, &g.before, NULL);
	munmap(g.map, FILE_BYTES);
	g.map = NULL;
	close(g.fd);
	g.fd = -1;
}

/* --- the others ------------------------------------------------------------------------------- */

size_t metric_file_others(void)
{
	uint64_t used = g.map ? atomic_load(&g.map->used) : 0;

	return used < METRIC_FILE_SLOTS ? (size_t)used : METRIC_FILE_SLOTS;
}

_Atomic uint64_t *metric_file_other(size_t i, bool *ret_alive)
{
	struct flock lock = lock_of(i);

	*ret_alive = false;
	if (i == g.mine || g.cut)
		return NULL;
	*ret_alive = fcntl(g.fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
	return slot_at(i);
}
