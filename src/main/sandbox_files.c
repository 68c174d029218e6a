/* main/sandbox_files.c: which files a role may touch, by Landlock; there is no wrapper for it in
 * the C library. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/landlock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "main/sandbox.h"

/* Younger than the oldest headers that we build with. */
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif

#define READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define KEEP                                                                                       \
	(READ | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE |                      \
		LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE)
#define ALL ((LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1)
#define OF_A_FILE                                                                                  \
	(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE)

/* What libraries read whenever they like: names, certificates, time zones, other libraries; what a
 * process tells of itself. */
static const char *const SYSTEM[] = {"/etc", "/usr", "/lib", "/lib64", "/proc", "/dev/urandom",
	"/dev/null", "/sys/devices/system/cpu", "/run/systemd/resolve", "/run/resolvconf",
	"/run/NetworkManager"};

struct wall {
	int fd;
	uint64_t handled;
};

/* A path that is not there is no failure: nothing can be found in it. What is made there later
 * stays closed until the next start, so it is told. */
static enum err allow(struct wall *w, const char *path, uint64_t rights, struct fault *f)
{
	struct stat st;
	struct log_line l;
	int fd = open(path, O_PATH | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) != 0) {
		if (fd >= 0)
			close(fd);
		log_open(&l, LOG_DEBUG, "not there, and closed until the next start");
		log_c(&l, "path", path);
		log_emit(&l);
		return OK;
	}
	if (!S_ISDIR(st.st_mode))
		rights &= OF_A_FILE;
	struct landlock_path_beneath_attr a = {
		.allowed_access = rights & w->handled, .parent_fd = fd};
	long r = syscall(SYS_landlock_add_rule, w->fd, LANDLOCK_RULE_PATH_BENEATH, &a, 0);
	int why = errno;
	close(fd);
	return r == 0 ? OK : fault_set(f, ERR_IO, "sandbox.files", "%s: %s", path, strerror(why));
}

static enum err allow_folder_of(struct wall *w, const char *path, uint64_t rights, struct fault *f)
{
	char folder[1100];
	const char *slash = path ? strrchr(path, '/') : NULL;
	if (!path || path[0] == '\0')
		return OK;
	int n = slash == path ? snprintf(folder, sizeof folder, "/")
		: slash       ? snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path)
			      : snprintf(folder, sizeof folder, ".");
	if (n < 0 || (size_t)n >= sizeof folder)
		return fault_set(f, ERR_IO, "sandbox.files", "a path is too long");
	return allow(w, folder, rights, f);
}

/* Who keeps the list of name servers may take its folder away and make it anew, as systemd does for
 * a service that is started again: the folder above stays. A link to nowhere shall lead somewhere
 * later. */
static enum err allow_names(struct wall *w, struct fault *f)
{
	static const char LIST[] = "/etc/resolv.conf";
	char real[PATH_MAX];
	if (!realpath(LIST, real))
		return allow(w, "/run", READ, f);
	*strrchr(real, '/') = '\0';
	char *above = strrchr(real, '/');
	if (!above || above == real)
		return OK; /* in a folder of SYSTEM */
	*above = '\0';
	return allow(w, real, READ, f);
}

/* What is kept, by the settings that name it. */
static enum err allow_kept(struct wall *w, const struct conf *c, struct fault *f)
{
	enum err e = allow_folder_of(w, conf_str(c, CONF_metrics_file), KEEP, f);
	if (e == OK && c->role == CONF_ROLE_VIEW)
		e = allow_folder_of(w, conf_str(c, CONF_view_spool_file), KEEP, f);
	if (e == OK && c->role == CONF_ROLE_CLERK && conf_str(c, CONF_report_dir)[0])
		e = allow(w, conf_str(c, CONF_report_dir), KEEP, f);
	return e;
}

/* What is read again on SIGHUP, and what libpq looks for at home. */
static enum err allow_read(struct wall *w, const struct conf *c, const char *path, struct fault *f)
{
	const char *credentials = getenv("CREDENTIALS_DIRECTORY"), *home = getenv("HOME");
	char file[1100];
	enum err e = allow_folder_of(w, path, READ, f);
	for (enum conf_key k = 0; e == OK && k < CONF_N; k++)
		e = allow_folder_of(w, conf_file(c, k), READ, f);
	if (e == OK && c->role == CONF_ROLE_MONEY)
		e = allow_folder_of(w, conf_str(c, CONF_risk_domains_file), READ, f);
	if (e == OK && credentials && credentials[0])
		e = allow(w, credentials, READ, f);
	if (e == OK && c->role == CONF_ROLE_CLERK && conf_str(c, CONF_report_scripts)[0])
		e = allow(w, conf_str(c, CONF_report_scripts), READ, f);
	static const char *const LIBPQ[] = {".pgpass", ".postgresql", ".pg_service.conf"};
	for (size_t i = 0; e == OK && home && home[0] && i < ARRAY_N(LIBPQ); i++) {
		int n = snprintf(file, sizeof file, "%s/%s", home, LIBPQ[i]);
		if (n > 0 && (size_t)n < sizeof file)
			e = allow(w, file, READ, f);
	}
	return e;
}

enum err sandbox_files(const struct conf *c, const char *path, bool *ret_on, struct fault *f)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	*ret_on = false;
	if (abi < 1)
		return OK; /* too old a kernel, or told to do without */
	struct wall w = {.handled = ALL};
	if (abi >= 3)
		w.handled |= LANDLOCK_ACCESS_FS_TRUNCATE;
	struct landlock_ruleset_attr a = {.handled_access_fs = w.handled};
	w.fd = (int)syscall(SYS_landlock_create_ruleset, &a, sizeof a, 0);
	if (w.fd < 0)
		return fault_set(f, ERR_IO, "sandbox.files", "%s", strerror(errno));
	enum err e = OK;
	for (size_t i = 0; e == OK && i < ARRAY_N(SYSTEM); i++)
		e = allow(&w, SYSTEM[i], READ, f);
	if (e == OK)
		e = allow_names(&w, f);
	if (e == OK)
		e = allow_read(&w, c, path, f);
	if (e == OK)
		e = allow_kept(&w, c, f);
	if (e == OK && (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
			       syscall(SYS_landlock_restrict_self, w.fd, 0) != 0))
		e = fault_set(f, ERR_IO, "sandbox.files", "%s", strerror(errno));
	close(w.fd);
	*ret_on = e == OK;
	return e;
}
