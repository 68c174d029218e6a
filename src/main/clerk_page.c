/* main/clerk_page.c: a child makes the page and ends. */
#include "main/clerk_page.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/metric_file.h"
#include "web/ops.h"

#define LOOK_MS  1000
#define BUSY_MS  (10 * 1000) /* while another process makes the page */
#define AGAIN_MS (60 * 1000) /* after a page that could not be made */

/* How a child ends. */
enum end { END_DONE, END_FAILED, END_BUSY };

static void complain(const char *what, enum err e, const struct fault *f)
{
	struct log_line l;
	log_open(&l, err_class(e) == ERR_CLASS_SOFT ? LOG_WARN : LOG_ERROR, what);
	log_err(&l, e, f);
	log_emit(&l);
}

static void complain_one(const struct fault *f)
{
	complain("a report could not be made", f->err, f);
}

/* False when the path is too long. */
static bool path_of(const struct conf *c, const char *name, char out[1100])
{
	int n = snprintf(out, 1100, "%s/%s", conf_str(c, CONF_report_dir), name);
	return n > 0 && n < 1100;
}

static bool is_old(const struct conf *c)
{
	char path[1100];
	struct stat st;
	if (!path_of(c, "index.html", path) || stat(path, &st) != 0)
		return true;
	return utc_s(clock_utc()) - st.st_mtim.tv_sec >= conf_int(c, CONF_report_every_s) ||
	       utc_s(clock_utc()) < st.st_mtim.tv_sec; /* the clock was set back */
}

/* --- the child ------------------------------------------------------------------------------- */

/* Halves of pages whose process was killed; we have the lock, so nobody is at work on one. */
static void remove_halves(const struct conf *c)
{
	DIR *dir = opendir(conf_str(c, CONF_report_dir));
	for (const struct dirent *d; dir && (d = readdir(dir));) {
		struct str name = str_c(d->d_name);
		if (str_starts(name, "index.html.") && name.n > 4 &&
			memcmp(name.p + name.n - 4, ".new", 4) == 0)
			unlinkat(dirfd(dir), d->d_name, 0);
	}
	if (dir)
		closedir(dir);
}

static enum err make_page(const struct conf *c, struct report_list *list, struct fault *f)
{
	const char *scripts = conf_str(c, CONF_report_scripts);
	struct ops o = {.list = list, .now = clock_utc(), .failed = complain_one};
	char path[1100];
	size_t failed = 0;
	if (!path_of(c, "index.html", path))
		return fault_set(f, ERR_IO, NULL, "report.dir is too long");
	remove_halves(c);
	enum err e = report_list(scripts[0] ? scripts : report_sql(), list, f);
	if (e == OK)
		e = store_open(c, "pledged_report", &o.store, f);
	if (e == OK)
		e = ops_write(&o, path, &failed, f);
	store_close(o.store);
	return e;
}

/* What the parent wanted of its signals is not wanted here; a reload that is sent to all processes
 * must not end this one. */
static void own_signals(void)
{
	sigset_t none;
	struct sigaction end = {.sa_handler = SIG_DFL}, off = {.sa_handler = SIG_IGN};
	sigemptyset(&none);
	sigaction(SIGTERM, &end, NULL);
	sigaction(SIGINT, &end, NULL);
	sigaction(SIGHUP, &off, NULL);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

NORETURN static void child(const struct conf *c, pid_t parent)
{
	char path[1100];
	struct fault f = {0};
	struct report_list *list = malloc(sizeof *list);
	own_signals();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0);
	metric_file_close(); /* else two would write the clerk's counts */
	enum end end = END_DONE;
	int lock = path_of(c, ".lock", path) ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;
	enum err e = OK;
	if (!list)
		e = fault_set(&f, ERR_NO_MEMORY, NULL, "reports");
	else if (lock < 0)
		e = fault_set(&f, ERR_IO, NULL, "report.dir %s: %s", conf_str(c, CONF_report_dir),
			strerror(errno));
	else if (flock(lock, LOCK_EX | LOCK_NB) != 0)
		end = END_BUSY;
	else if (is_old(c))
		e = make_page(c, list, &f);
	if (e != OK) {
		complain("the page of reports could not be made", e, &f);
		end = END_FAILED;
	}
	free(list);
	_exit((int)end);
}

/* --- the clerk ------------------------------------------------------------------------------- */

static bool has_ended(struct clerk_page *p, mono_t now)
{
	int status;
	if (p->child == 0)
		return true;
	pid_t ended = waitpid(p->child, &status, WNOHANG);
	if (ended == 0)
		return false;
	p->child = 0;
	enum end end = ended > 0 && WIFEXITED(status) ? (enum end)WEXITSTATUS(status) : END_FAILED;
	if (end != END_DONE)
		p->look_at = mono_add(now, dur_ms(end == END_BUSY ? BUSY_MS : AGAIN_MS));
	return true;
}

void clerk_page_round(struct clerk_page *p, const struct conf *c)
{
	mono_t now = clock_mono();
	if (!has_ended(p, now) || now.us < p->look_at.us)
		return;
	p->look_at = mono_add(now, dur_ms(LOOK_MS));
	if (conf_str(c, CONF_report_dir)[0] == '\0' || !is_old(c))
		return;
	pid_t parent = getpid(), pid = fork();
	if (pid == 0)
		child(c, parent);
	if (pid > 0)
		p->child = pid;
	else
		p->look_at = mono_add(now, dur_ms(AGAIN_MS));
}
