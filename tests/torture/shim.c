/* tests/torture/shim.c: stands before libc (LD_PRELOAD) and lets the n-th allocation or the n-th
 * system call of a process of ours (pledged, pledgectl) fail. Which and how is told by a file that
 * both sides have mapped (SHIM_FILE); other programs that inherit the environment are left alone.
 * tests/walk/lib/shim.mjs is the other side. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum { NOTHING, MEMORY, CALLS, OURS }; /* OURS: what the program itself allocates */
enum { SHORT = -1 };                   /* how: half of what was asked for; else an errno */

/* The file: whole numbers of eight bytes. */
struct word {
	_Atomic int64_t what, n,
		how; /* told to us: the n-th fails, and the m next ones with `more` */
	_Atomic int64_t more;
	_Atomic int64_t seen, hit; /* told by us: calls since it was armed, failures */
	_Atomic int64_t live;      /* allocations that are not freed */
	_Atomic int64_t pid;
};

static struct word none, *w = &none;

/* Where the code of a caller lies. Not failed here, since these libraries do not stand it: libfcgi
 * ends its process when memory is short (an assertion of its own), and libseccomp 2.5 destroys the
 * heap or loads a filter that is not the one it was asked for, at start alone. Of OURS those of all
 * libraries are left out. */
enum { FCGI, SECCOMP, PROGRAM, PLACES };
static struct {
	uintptr_t from, to;
} place[PLACES];

static int place_of(const char *name, int is_first)
{
	if (strstr(name, "libfcgi.so"))
		return FCGI;
	if (strstr(name, "libseccomp.so"))
		return SECCOMP;
	return is_first ? PROGRAM : PLACES;
}

static int find(struct dl_phdr_info *info, size_t size, void *first)
{
	int at = place_of(info->dlpi_name, *(int *)first);

	(void)size;
	*(int *)first = 0;
	for (int i = 0; at < PLACES && i < info->dlpi_phnum; i++)
		if (info->dlpi_phdr[i].p_type == PT_LOAD && info->dlpi_phdr[i].p_flags & PF_X) {
			place[at].from = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
			place[at].to = place[at].from + info->dlpi_phdr[i].p_memsz;
		}
	return 0;
}

static int is_at(const void *caller, int at)
{
	return (uintptr_t)caller >= place[at].from && (uintptr_t)caller < place[at].to;
}

__attribute__((constructor)) static void begin(void)
{
	const char *path = getenv("SHIM_FILE");
	int first = 1;
	if (!path || (strcmp(program_invocation_short_name, "pledged") != 0 &&
			     strcmp(program_invocation_short_name, "pledgectl") != 0))
		return;
	dl_iterate_phdr(find, &first);
	int fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return;
	void *p = mmap(NULL, sizeof *w, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (p == MAP_FAILED)
		return;
	w = p;
	w->live = 0;
	w->pid = getpid();
}

/* strike: is this the one? */
static int strike(int what)
{
	if (w->what != what)
		return 0;
	w->seen++;
	int64_t left = --w->n;
	if (left > 0 || left <= -1 - w->more)
		return 0;
	w->hit++;
	return 1;
}

/* --- allocations -------------------------------------------------------------------------------
 */

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void __libc_free(void *);

static int no_memory(const void *from)
{
	int what = (int)w->what;
	if ((what != MEMORY && what != OURS) || is_at(from, FCGI) || is_at(from, SECCOMP) ||
		(what == OURS && !is_at(from, PROGRAM)) || !strike(what))
		return 0;
	errno = ENOMEM;
	return 1;
}

static void *got(void *p)
{
	if (p)
		w->live++;
	return p;
}

void *malloc(size_t n)
{
	return no_memory(__builtin_return_address(0)) ? NULL : got(__libc_malloc(n));
}

void *calloc(size_t k, size_t n)
{
	return no_memory(__builtin_return_address(0)) ? NULL : got(__libc_calloc(k, n));
}

void *realloc(void *old, size_t n)
{
	if (no_memory(__builtin_return_address(0)))
		return NULL;
	void *p = __libc_realloc(old, n);
	if (!old)
		got(p);
	else if (n == 0)
		w->live--;
	return p;
}

void free(void *p)
{
	if (p)
		w->live--;
	__libc_free(p);
}

/* What libc allocates for the program, which then is the one who asked. */
char *strdup(const char *s)
{
	if (w->what == OURS && no_memory(__builtin_return_address(0)))
		return NULL;
	size_t n = strlen(s) + 1;
	char *copy = got(__libc_malloc(n));
	return copy ? memcpy(copy, s, n) : NULL;
}

int __vasprintf_chk(char **ret, int flag, const char *fmt, va_list ap);

int __asprintf_chk(char **ret, int flag, const char *fmt, ...)
{
	va_list ap;
	if (w->what == OURS && no_memory(__builtin_return_address(0)))
		return -1;
	va_start(ap, fmt);
	int n = __vasprintf_chk(ret, flag, fmt, ap);
	va_end(ap);
	return n;
}

int asprintf(char **ret, const char *fmt, ...)
{
	va_list ap;
	if (w->what == OURS && no_memory(__builtin_return_address(0)))
		return -1;
	va_start(ap, fmt);
	int n = vasprintf(ret, fmt, ap);
	va_end(ap);
	return n;
}

/* --- system calls ------------------------------------------------------------------------------
 */

#define REAL(name, type)                                                                           \
	static __typeof__(type) real;                                                              \
	if (!real)                                                                                 \
	real = (__typeof__(type))dlsym(RTLD_NEXT, name)

/* fails: sets errno when this call is the one; *n is halved when it is to be short. */
static int fails(size_t *n)
{
	if (w->what != CALLS || (w->how == SHORT && (!n || *n < 2)) || !strike(CALLS))
		return 0;
	if (w->how == SHORT) {
		*n /= 2;
		return 0;
	}
	errno = (int)w->how;
	return 1;
}

typedef ssize_t (*in_fn)(int, void *, size_t);
typedef ssize_t (*out_fn)(int, const void *, size_t);
typedef ssize_t (*in4_fn)(int, void *, size_t, int);
typedef ssize_t (*out4_fn)(int, const void *, size_t, int);

ssize_t read(int fd, void *p, size_t n)
{
	REAL("read", in_fn);
	return fails(&n) ? -1 : real(fd, p, n);
}

ssize_t __read_chk(int fd, void *p, size_t n, size_t room)
{
	(void)room;
	return read(fd, p, n);
}

ssize_t write(int fd, const void *p, size_t n)
{
	REAL("write", out_fn);
	/* the log is not what is tried */
	return fd != STDERR_FILENO && fails(&n) ? -1 : real(fd, p, n);
}

ssize_t recv(int fd, void *p, size_t n, int flags)
{
	REAL("recv", in4_fn);
	return fails(&n) ? -1 : real(fd, p, n, flags);
}

ssize_t __recv_chk(int fd, void *p, size_t n, size_t room, int flags)
{
	(void)room;
	return recv(fd, p, n, flags);
}

ssize_t send(int fd, const void *p, size_t n, int flags)
{
	REAL("send", out4_fn);
	return fails(&n) ? -1 : real(fd, p, n, flags);
}

int connect(int fd, const struct sockaddr *to, socklen_t n)
{
	REAL("connect", int (*)(int, const struct sockaddr *, socklen_t));
	return fails(NULL) ? -1 : real(fd, to, n);
}

int socket(int family, int type, int protocol)
{
	REAL("socket", int (*)(int, int, int));
	return fails(NULL) ? -1 : real(family, type, protocol);
}

int accept4(int fd, struct sockaddr *from, socklen_t *n, int flags)
{
	REAL("accept4", int (*)(int, struct sockaddr *, socklen_t *, int));
	return fails(NULL) ? -1 : real(fd, from, n, flags);
}

int poll(struct pollfd *fds, nfds_t n, int ms)
{
	REAL("poll", int (*)(struct pollfd *, nfds_t, int));
	return fails(NULL) ? -1 : real(fds, n, ms);
}

int __poll_chk(struct pollfd *fds, nfds_t n, int ms, size_t room)
{
	(void)room;
	return poll(fds, n, ms);
}

int fsync(int fd)
{
	REAL("fsync", int (*)(int));
	return fails(NULL) ? -1 : real(fd);
}

int fdatasync(int fd)
{
	REAL("fdatasync", int (*)(int));
	return fails(NULL) ? -1 : real(fd);
}

int rename(const char *from, const char *to)
{
	REAL("rename", int (*)(const char *, const char *));
	return fails(NULL) ? -1 : real(from, to);
}
