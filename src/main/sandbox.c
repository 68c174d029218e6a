/* main/sandbox.c: the filter of system calls, made of syscall.def; the one file that knows
 * libseccomp. */
#include <asm/termbits.h>
#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "main/sandbox.h"

#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41
#endif
#define NAMESPACES                                                                                 \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |             \
		CLONE_NEWPID | CLONE_NEWNET)
#define ARGS_MAX 3

struct rule {
	const char *call, *roles; /* roles NULL: all */
	uint32_t action;
	unsigned n;
	struct scmp_arg_cmp arg[ARGS_MAX];
};

/* Arguments are ints: what stands above them in the register is anybody's guess. */
#define BITS(at, mask, value)                                                                      \
	{                                                                                          \
		.arg = (at), .op = SCMP_CMP_MASKED_EQ, .datum_a = (scmp_datum_t)(mask),            \
		.datum_b = (scmp_datum_t)(value)                                                   \
	}
#define IS(at, value) BITS(at, 0xffffffff, (uint32_t)(value))

static size_t rules(struct rule *out, size_t most)
{
	const pid_t self = getpid();
#define SELF self
#define NUMBER(...)                                                                                \
	(unsigned)(sizeof((struct scmp_arg_cmp[]){__VA_ARGS__}) / sizeof(struct scmp_arg_cmp))
#define MAY(call, roles)       {#call, roles, SCMP_ACT_ALLOW, 0, {{0}}},
#define WHEN(call, roles, ...) {#call, roles, SCMP_ACT_ALLOW, NUMBER(__VA_ARGS__), {__VA_ARGS__}},
#define ELSE(call, error, ...)                                                                     \
	{#call, NULL, SCMP_ACT_ERRNO(error), NUMBER(__VA_ARGS__), {__VA_ARGS__}},
#define KILL(call) {#call, NULL, SCMP_ACT_KILL_PROCESS, 0, {{0}}},
#define KILL_WHEN(call, ...)                                                                       \
	{#call, NULL, SCMP_ACT_KILL_PROCESS, NUMBER(__VA_ARGS__), {__VA_ARGS__}},
	const struct rule list[] = {
#include "main/syscall.def"
	};
#undef MAY
#undef WHEN
#undef ELSE
#undef KILL
#undef KILL_WHEN
	ASSERT(ARRAY_N(list) <= most);
	memcpy(out, list, sizeof list);
	return ARRAY_N(list);
}

static int add(scmp_filter_ctx x, char role, const struct rule *r)
{
	int nr = seccomp_syscall_resolve_name(r->call);
	if (nr < 0 || (r->roles && !strchr(r->roles, role)))
		return 0; /* not of this processor, or not of this role */
	return seccomp_rule_add_array(x, r->action, nr, r->n, r->arg);
}

static enum err refused(struct fault *f, const char *what, int error)
{
	return fault_set(f, ERR_IO, "sandbox.calls", "%s: %s", what, strerror(error));
}

enum err sandbox_calls(char role, struct fault *f)
{
	struct rule list[256];
	size_t n = rules(list, ARRAY_N(list));
	scmp_filter_ctx x = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
	if (!x)
		return refused(f, "seccomp_init", ENOMEM);
	/* a tree of numbers instead of a list: view asks the kernel some thousand times a second */
	(void)seccomp_attr_set(x, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	int bad = 0;
	for (size_t i = 0; bad == 0 && i < n; i++) {
		bad = add(x, role, &list[i]);
		if (bad != 0)
			(void)refused(f, list[i].call, -bad);
	}
	if (bad == 0) {
		bad = seccomp_load(x);
		if (bad != 0)
			(void)refused(f, "seccomp_load", -bad);
	}
	seccomp_release(x);
	return bad == 0 ? OK : ERR_IO;
}

/* Sanitizers open, trace and map what is forbidden; a crash point takes its file away, wherever it
 * lies. */
#if defined(__SANITIZE_ADDRESS__)
static const bool CAN_CALLS = false, CAN_FILES = false;
#elif defined(PLEDGED_CRASHPOINTS)
static const bool CAN_CALLS = true, CAN_FILES = false;
#else
static const bool CAN_CALLS = true, CAN_FILES = true;
#endif

void sandbox_close(void)
{
	/* a core file would hold secrets and readers */
	setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (CAN_CALLS)
		prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

enum err sandbox_enter(const struct conf *c, const char *path, struct fault *f)
{
	bool files = false, calls = CAN_CALLS && conf_on(c, CONF_sandbox_calls);
	enum err e = OK;
	sandbox_close();
	if (CAN_FILES && conf_on(c, CONF_sandbox_files))
		e = sandbox_files(c, path, &files, f);
	if (e == OK && calls)
		e = sandbox_calls((char)c->role, f);
	if (e != OK)
		return e;
	struct log_line l;
	log_open(&l, LOG_INFO, "sandbox");
	log_c(&l, "calls", calls ? "on" : "off");
	log_c(&l, "files", files ? "on" : "off");
	log_emit(&l);
	return OK;
}
