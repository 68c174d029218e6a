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

/* What libraries read whenever they like: other libraries, certificates, time zones, names; what a
 * process tells of itself. */
static const char *const SYSTEM[] = {"/usr", "/lib", "/lib64", "/proc", "/dev/urandom", "/dev/null",
	"/sys/devices/system/cpu", "/run/systemd/resolve", "/run/resolvconf",
	"/run/NetworkManager"};
/* The same of /etc, where its other files hold a secret. */
static const char *const ETC[] = {"/etc/ssl", "/etc/ca-certificates", "/etc/pki",
	"/etc/crypto-policies", "/etc/gss", "/etc/krb5.conf", "/etc/krb5.conf.d",
	"/etc/postgresql-common", "/etc/ld.so.cache", "/etc/ld.so.preload", "/etc/localtime",
	"/etc/timezone", "/etc/locale.alias", "/etc/nsswitch.conf", "/etc/host.conf", "/etc/hosts",
	"/etc/gai.conf", "/etc/resolv.conf", "/etc/services", "/etc/protocols", "/etc/passwd",
	"/etc/group"};

struct wall {
	int fd;
	uint64_t handled;
	const struct conf *c;
};

/* --- rules ---------------------------------------------------------------------------------------
 */

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

static bool folder_of(const char *path, char out[PATH_MAX])
{
	const char *slash = strrchr(path, '/');
	int n = slash == path ? snprintf(out, PATH_MAX, "/")
		: slash       ? snprintf(out, PATH_MAX, "%.*s", (int)(slash - path), path)
			      : snprintf(out, PATH_MAX, ".");
	return n >= 0 && n < PATH_MAX;
}

static enum err allow_folder_of(struct wall *w, const char *path, uint64_t rights, struct fault *f)
{
	char folder[PATH_MAX];
	if (path[0] == '\0')
		return OK;
	if (!folder_of(path, folder))
		return fault_set(f, ERR_IO, "sandbox.files", "a path is too long");
	return allow(w, folder, rights, f);
}

/* --- secrets of others ---------------------------------------------------------------------------
 */

/* Does path lie in folder, or somewhere below it, by whatever links? */
static bool lies_below(const char *path, const char *folder)
{
	char at[PATH_MAX], above[PATH_MAX], parent[PATH_MAX];
	if (!realpath(folder, above) || !folder_of(path, parent) ||
		(!realpath(path, at) && !realpath(parent, at)))
		return false;
	size_t n = strcmp(above, "/") == 0 ? 0 : strlen(above);
	return strncmp(at, above, n) == 0 && (at[n] == '/' || at[n] == '\0');
}

static const char *strange_secret(const struct conf *c, const char *folder)
{
	for (enum conf_key k = 0; k < CONF_N; k++) {
		const char *path = conf_file(c, k, false);
		if (path && lies_below(path, folder))
			return path;
	}
	return NULL;
}

/* A file of ours that is read again later. Its whole folder is opened, so that a new file may take
 * its place; but never to a secret that is of other roles alone. */
static enum err allow_file(struct wall *w, const char *path, struct fault *f)
{
	char folder[PATH_MAX];
	struct log_line l;
	if (!path || path[0] == '\0')
		return OK;
	if (!folder_of(path, folder))
		return fault_set(f, ERR_IO, "sandbox.files", "a path is too long");
	const char *strange = strange_secret(w->c, folder);
	if (!strange)
		return allow(w, folder, READ, f);
	log_open(&l, LOG_NOTICE,
		"a secret of other roles lies in or below the folder of this file: written anew in "
		"place it is read again on SIGHUP, replaced by another one only at the next start");
	log_c(&l, "file", path);
	log_c(&l, "secret", strange);
	log_emit(&l);
	return allow(w, path, READ, f);
}

/* --- what is open --------------------------------------------------------------------------------
 */

/* Files of /etc are replaced by others while we run (hosts, resolv.conf), which a rule for the
 * folder alone outlives. So secrets should lie elsewhere; where they do not, view, whom everybody
 * talks to, gets single files, and the others the folder, since a gift waits for a name. */
static enum err allow_etc(struct wall *w, struct fault *f)
{
	enum err e = OK;
	if (w->c->role != CONF_ROLE_VIEW || !strange_secret(w->c, "/etc"))
		return allow(w, "/etc", READ, f);
	for (size_t i = 0; e == OK && i < ARRAY_N(ETC); i++)
		e = allow(w, ETC[i], READ, f);
	return e;
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
		return OK; /* in /etc */
	*above = '\0';
	return allow(w, real, READ, f);
}

/* What is kept, by the settings that name it. */
static enum err allow_kept(struct wall *w, struct fault *f)
{
	const struct conf *c = w->c;
	enum err e = allow_folder_of(w, conf_str(c, CONF_metrics_file), KEEP, f);
	if (e == OK && c->role == CONF_ROLE_VIEW)
		e = allow_folder_of(w, conf_str(c, CONF_view_spool_file), KEEP, f);
	if (e == OK && c->role == CONF_ROLE_CLERK && conf_str(c, CONF_report_dir)[0])
		e = allow(w, conf_str(c, CONF_report_dir), KEEP, f);
	return e;
}

/* What libpq looks for at home, and where conninfo says that something lies. */
static enum err allow_libpq(struct wall *w, struct fault *f)
{
	static const char *const HOME[] = {".pgpass", ".postgresql", ".pg_service.conf"},
				 *const WORDS[] = {"sslrootcert=", "sslcert=", "sslkey=", "sslcrl=",
					 "passfile="};
	const char *home = getenv("HOME"), *info = conf_str(w->c, CONF_database_conninfo);
	char file[1100];
	enum err e = OK;
	for (size_t i = 0; e == OK && home && home[0] && i < ARRAY_N(HOME); i++) {
		int n = snprintf(file, sizeof file, "%s/%s", home, HOME[i]);
		if (n > 0 && (size_t)n < sizeof file)
			e = allow(w, file, READ, f);
	}
	for (size_t i = 0; e == OK && i < ARRAY_N(WORDS); i++) {
		const char *at = strstr(info, WORDS[i]);
		at = at ? at + strlen(WORDS[i]) : "";
		at += at[0] == '\'';
		int n = snprintf(file, sizeof file, "%.*s", (int)strcspn(at, " '&"), at);
		if (file[0] == '/' && (size_t)n < sizeof file)
			e = allow_file(w, file, f);
	}
	return e;
}

/* What is read again on SIGHUP. */
static enum err allow_read(struct wall *w, const char *path, struct fault *f)
{
	const char *credentials = getenv("CREDENTIALS_DIRECTORY");
	const struct conf *c = w->c;
	enum err e = allow_file(w, path, f);
	for (enum conf_key k = 0; e == OK && k < CONF_N; k++)
		e = allow_file(w, conf_file(c, k, true), f);
	if (e == OK && c->role == CONF_ROLE_MONEY)
		e = allow_file(w, conf_str(c, CONF_risk_domains_file), f);
	if (e == OK && credentials && credentials[0])
		e = allow(w, credentials, READ, f);
	if (e == OK && c->role == CONF_ROLE_CLERK && conf_str(c, CONF_report_scripts)[0])
		e = allow(w, conf_str(c, CONF_report_scripts), READ, f);
	return e == OK ? allow_libpq(w, f) : e;
}

enum err sandbox_files(const struct conf *c, const char *path, bool *ret_on, struct fault *f)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	*ret_on = false;
	if (abi < 1)
		return OK; /* too old a kernel, or told to do without */
	struct wall w = {.handled = ALL, .c = c};
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
		e = allow_etc(&w, f);
	if (e == OK)
		e = allow_names(&w, f);
	if (e == OK)
		e = allow_read(&w, path, f);
	if (e == OK)
		e = allow_kept(&w, f);
	if (e == OK && (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
			       syscall(SYS_landlock_restrict_self, w.fd, 0) != 0))
		e = fault_set(f, ERR_IO, "sandbox.files", "%s", strerror(errno));
	close(w.fd);
	*ret_on = e == OK;
	return e;
}
