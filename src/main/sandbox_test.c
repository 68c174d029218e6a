/* main/sandbox_test.c: each thing is tried for real, in a child of its own behind both walls. */
#include <errno.h>
#include <fcntl.h>
#include <iconv.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/seal.h"
#include "main/sandbox.h"

static struct {
	const struct conf *c;
	const char *path;
	pid_t parent;
} g;

static int told(long r)
{
	return r < 0 ? errno : 0;
}

/* --- what must be refused ------------------------------------------------------------------------
 */

static int try_exec(void)
{
	char *const argv[] = {"true", NULL};
	return told(execv("/bin/true", argv));
}

static int try_execveat(void)
{
	char *const argv[] = {"true", NULL};
	return told(syscall(SYS_execveat, AT_FDCWD, "/bin/true", argv, argv + 1, 0));
}

static int try_ptrace(void)
{
	return told(ptrace(PTRACE_ATTACH, g.parent, NULL, NULL));
}

static int try_peek(void)
{
	return told(syscall(SYS_process_vm_readv, g.parent, NULL, 0, NULL, 0, 0));
}

static int try_unshare(void)
{
	return told(unshare(CLONE_NEWUSER));
}

static int try_mount(void)
{
	return told(syscall(SYS_mount, "none", "/", "tmpfs", 0, NULL));
}

static int try_setuid(void)
{
	return told(syscall(SYS_setuid, 0));
}

static int try_bpf(void)
{
	return told(syscall(SYS_bpf, 0, NULL, 0));
}

static int try_uring(void)
{
	return told(syscall(SYS_io_uring_setup, 1, NULL));
}

static int try_kill(void)
{
	return told(kill(g.parent, 0));
}

static int try_fork(void)
{
	return told(syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, 0));
}

static int try_packets(void)
{
	return told(socket(AF_PACKET, SOCK_RAW, 0));
}

static int try_raw(void)
{
	return told(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP));
}

static int try_ciphers(void)
{
	return told(socket(AF_ALG, SOCK_SEQPACKET, 0));
}

static int try_below(void)
{
	return told(socket(AF_VSOCK, SOCK_STREAM, 0));
}

static int try_door(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	return bind(fd, (struct sockaddr *)&a, sizeof a) == 0 && listen(fd, 1) == 0 ? 0 : errno;
}

static int try_write_and_run(void)
{
	void *p = mmap(
		NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return p == MAP_FAILED ? errno : 0;
}

/* The way that code takes: written first, run later. */
static int try_run_later(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return 0; /* not what was asked */
	memset(p, 0xc3, 4096);
	return told(mprotect(p, 4096, PROT_READ | PROT_EXEC));
}

static int try_run_and_write(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return p == MAP_FAILED ? 0 : told(mprotect(p, 4096, PROT_READ | PROT_WRITE | PROT_EXEC));
}

static int try_run_nothing(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return p == MAP_FAILED ? errno : 0;
}

static int try_dumpable(void)
{
	return told(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
}

static int try_core(void)
{
	return told(setrlimit(RLIMIT_CORE, &(struct rlimit){4096, 4096}));
}

/* Not the end: GSSAPI below libcurl looks there for a ticket, and does without. */
static int try_keyring(void)
{
	return told(syscall(SYS_keyctl, 0, -3, 1));
}

static int try_terminal(void)
{
	char c = 'x';
	return told(syscall(SYS_ioctl, 0, 0x5412 /* TIOCSTI: types for somebody else */, &c));
}

static int try_read_outside(void)
{
	return told(open("/", O_RDONLY | O_DIRECTORY));
}

static int try_read_home(void)
{
	return told(open("/var/lib/dpkg/status", O_RDONLY));
}

/* Whatever there is; none is as good as one that is refused. */
static int try_read_strange_secret(void)
{
	for (enum conf_key k = 0; k < CONF_N; k++) {
		const char *path = conf_file(g.c, k, false);
		if (path && open(path, O_RDONLY) >= 0)
			return 0;
	}
	return EACCES;
}

/* The sockets lie above the folder of the counters: who may write there can take them away. */
static int try_write_by_sockets(void)
{
	char path[1200];
	const char *at = conf_str(g.c, CONF_metrics_file), *slash = strrchr(at, '/');
	if (!slash)
		return EACCES; /* no counters, no folder */
	snprintf(path, sizeof path, "%.*s/../.self-test.%d", (int)(slash - at), at, (int)getpid());
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	if (fd >= 0)
		unlink(path);
	return told(fd);
}

static int try_write_outside(void)
{
	int fd = open("/tmp/.pledged-self-test", O_WRONLY | O_CREAT, 0600);
	if (fd >= 0)
		unlink("/tmp/.pledged-self-test");
	return told(fd);
}

static int try_write_conf(void)
{
	return told(open(g.path, O_WRONLY | O_APPEND));
}

/* --- what is needed ------------------------------------------------------------------------------
 */

static int do_read_conf(void)
{
	char line[64];
	FILE *in = fopen(g.path, "re");
	bool good = in && fgets(line, sizeof line, in);
	int why = errno ? errno : EIO;
	if (in)
		fclose(in);
	return good ? 0 : why;
}

static int do_memory(void)
{
	char *p = malloc(32u << 20);
	if (!p)
		return ENOMEM;
	memset(p, 1, 32u << 20);
	char *more = realloc(p, 64u << 20);
	if (!more) {
		free(p);
		return ENOMEM;
	}
	free(more);
	return 0;
}

static int do_random(void)
{
	uint8_t b[16];
	return seal_random(b, sizeof b) == OK ? 0 : EIO;
}

/* Its text is mapped from its file, and never written. */
static int do_library(void)
{
	iconv_t x = iconv_open("ISO-8859-15", "UTF-8");
	if (x == (iconv_t)-1)
		return errno;
	return iconv_close(x) == 0 ? 0 : errno;
}

/* Both ends of a connection, and all ways to wait for it. */
static int do_talk(void)
{
	int pair[2];
	char c = 0;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return errno;
	struct epoll_event ev = {.events = EPOLLIN};
	struct pollfd p = {.fd = pair[1], .events = POLLIN};
	int loop = epoll_create1(EPOLL_CLOEXEC);
	if (loop < 0 || epoll_ctl(loop, EPOLL_CTL_ADD, pair[1], &ev) != 0 ||
		send(pair[0], "x", 1, 0) != 1 || epoll_wait(loop, &ev, 1, 1000) != 1 ||
		poll(&p, 1, 1000) != 1 || ppoll(&p, 1, NULL, NULL) != 1 ||
		recv(pair[1], &c, 1, 0) != 1)
		return errno ? errno : EIO;
	return c == 'x' ? 0 : EIO;
}

/* A refusal by the other side is one that got through. */
static int reach(int family, const struct sockaddr *a, socklen_t n)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return errno;
	return connect(fd, a, n) == 0 || errno == ECONNREFUSED || errno == ENOENT ? 0 : errno;
}

static int do_tcp(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
		.sin_port = htons(1),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	return reach(AF_INET, (struct sockaddr *)&a, sizeof a);
}

static int do_unix(void)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX, .sun_path = "/run/pledged-self-test.none"};
	return reach(AF_UNIX, (struct sockaddr *)&a, sizeof a);
}

static int do_name_servers(void)
{
	return open("/etc/resolv.conf", O_RDONLY | O_CLOEXEC) >= 0 || errno == ENOENT ? 0 : errno;
}

static int do_name(void)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
	int r = getaddrinfo("localhost", "443", &hints, &found);
	return r == 0 ? 0 : EHOSTUNREACH;
}

/* The C library does it in a thread of its own, as libcurl does. */
static int do_name_in_thread(void)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct gaicb ask = {.ar_name = "localhost", .ar_service = "443", .ar_request = &hints};
	struct gaicb *list[] = {&ask};
	int r = getaddrinfo_a(GAI_WAIT, list, 1, NULL);
	return r == 0 && gai_error(&ask) == 0 ? 0 : EHOSTUNREACH;
}

/* For an address with its link in it: fe80::1%eth0. */
static int do_link(void)
{
	return if_nametoindex("lo") > 0 || errno == ENODEV ? 0 : errno;
}

static int do_child(void)
{
	int status = 0;
	pid_t kid = fork();
	if (kid == 0)
		_exit(7);
	return kid > 0 && waitpid(kid, &status, 0) == kid && WEXITSTATUS(status) == 7 ? 0
	       : errno                                                                ? errno
										      : EIO;
}

static int do_keep(void)
{
	char name[1200], next[1210];
	const char *at = conf_str(g.c, CONF_metrics_file), *slash = strrchr(at, '/');
	if (!slash || access(at, F_OK) != 0)
		return 0; /* nothing is kept there */
	snprintf(name, sizeof name, "%.*s/.self-test.%d", (int)(slash - at), at, (int)getpid());
	snprintf(next, sizeof next, "%s.new", name);
	int fd = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool good = fd >= 0 && write(fd, "x", 1) == 1 && ftruncate(fd, 0) == 0 && fsync(fd) == 0 &&
		    rename(name, next) == 0 && unlink(next) == 0;
	return good ? 0 : errno;
}

static int do_abort(void)
{
	abort();
}

/* --- the table -----------------------------------------------------------------------------------
 */

enum want { GOES, REFUSED, ENDS, ABORTS };

static const struct probe {
	const char *name, *roles;
	enum want want;
	bool files; /* it is the wall of files that refuses */
	int (*run)(void);
} PROBES[] = {
	{"run a program", "vmhc", ENDS, false, try_exec},
	{"run a program by descriptor", "vmhc", ENDS, false, try_execveat},
	{"trace another process", "vmhc", ENDS, false, try_ptrace},
	{"read another process's memory", "vmhc", ENDS, false, try_peek},
	{"make a namespace", "vmhc", ENDS, false, try_unshare},
	{"mount", "vmhc", ENDS, false, try_mount},
	{"become somebody else", "vmhc", ENDS, false, try_setuid},
	{"load a program into the kernel", "vmhc", ENDS, false, try_bpf},
	{"ask by a ring", "vmhc", ENDS, false, try_uring},
	{"signal another process", "vmhc", REFUSED, false, try_kill},
	{"have a child", "vmh", REFUSED, false, try_fork},
	{"look at all packets", "vmhc", ENDS, false, try_packets},
	{"send raw packets", "vmhc", ENDS, false, try_raw},
	{"ask the kernel's ciphers", "vmhc", ENDS, false, try_ciphers},
	{"speak to the machine below", "vmhc", ENDS, false, try_below},
	{"open a door", "vmhc", REFUSED, false, try_door},
	{"memory to write and run", "vmhc", REFUSED, false, try_write_and_run},
	{"memory that was written, to run", "vmhc", REFUSED, false, try_run_later},
	{"memory to run and write, made later", "vmhc", REFUSED, false, try_run_and_write},
	{"memory of no file, to run", "vmhc", REFUSED, false, try_run_nothing},
	{"let others look into our memory", "vmhc", REFUSED, false, try_dumpable},
	{"have a core file", "vmhc", REFUSED, false, try_core},
	{"look for a key of the kernel's", "vmhc", REFUSED, false, try_keyring},
	{"type into a terminal", "vmhc", REFUSED, false, try_terminal},
	{"list the root folder", "vmhc", REFUSED, true, try_read_outside},
	{"read a file of somebody else", "vmhc", REFUSED, true, try_read_home},
	{"read a secret of another role", "vmhc", REFUSED, true, try_read_strange_secret},
	{"make a file where the sockets lie", "vmhc", REFUSED, true, try_write_by_sockets},
	{"write a file elsewhere", "vmhc", REFUSED, true, try_write_outside},
	{"change the configuration", "vmhc", REFUSED, true, try_write_conf},
	{"read the configuration", "vmhc", GOES, false, do_read_conf},
	{"take memory and give it back", "vmhc", GOES, false, do_memory},
	{"load a library late", "vmhc", GOES, false, do_library},
	{"random bytes", "vmhc", GOES, false, do_random},
	{"talk and wait", "vmhc", GOES, false, do_talk},
	{"reach this host by TCP", "vmhc", GOES, false, do_tcp},
	{"reach a socket of this host", "vmhc", GOES, false, do_unix},
	{"read where name servers are", "vmhc", GOES, false, do_name_servers},
	{"look up a name", "vmhc", GOES, false, do_name},
	{"look up a name in a thread", "mc", GOES, false, do_name_in_thread},
	{"look up a link", "vmhc", GOES, false, do_link},
	{"have a child and wait for it", "c", GOES, false, do_child},
	{"keep a file beside the metrics", "vmhc", GOES, false, do_keep},
	{"end at once when a bug is found", "vmhc", ABORTS, false, do_abort},
};

NORETURN static void in_child(const struct probe *p)
{
	struct fault f = {0};
	bool on = false;
	sandbox_close();
	if (sandbox_files(g.c, g.path, &on, &f) != OK || sandbox_calls((char)g.c->role, &f) != OK) {
		fprintf(stderr, "# %s\n", f.detail);
		_exit(254);
	}
	errno = 0;
	_exit(p->run());
}

static bool as_wanted(const struct probe *p, int status)
{
	switch (p->want) {
	case GOES: return WIFEXITED(status) && WEXITSTATUS(status) == 0;
	case REFUSED:
		return WIFEXITED(status) && WEXITSTATUS(status) > 0 && WEXITSTATUS(status) < 254;
	case ENDS: return WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS;
	case ABORTS: return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
	}
	return false;
}

static bool files_can_be_refused(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0, 1u) >= 1;
}

int sandbox_test(const struct conf *c, const char *path)
{
	static const char *const WORD[] = {"goes", "is refused", "ends the process", "aborts"};
	int n = 0, bad = 0;
	g.c = c;
	g.path = path;
	g.parent = getpid();
	for (size_t i = 0; i < ARRAY_N(PROBES); i++) {
		const struct probe *p = &PROBES[i];
		int status = 0;
		if (!strchr(p->roles, (int)c->role))
			continue;
		n++;
		if (p->files && !files_can_be_refused()) {
			printf("ok %d - %s: %s # SKIP this kernel has no Landlock\n", n, p->name,
				WORD[p->want]);
			continue;
		}
		fflush(stdout);
		pid_t kid = fork();
		if (kid == 0)
			in_child(p);
		bool good = kid > 0 && waitpid(kid, &status, 0) == kid && as_wanted(p, status);
		printf("%sok %d - %s: %s\n", good ? "" : "not ", n, p->name, WORD[p->want]);
		if (!good)
			fprintf(stderr, "# %s: status %x\n", p->name, (unsigned)status);
		bad += good ? 0 : 1;
	}
	printf("1..%d\n", n);
	return bad == 0 ? 0 : 1;
}
