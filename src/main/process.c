/* main/process.c: processor time, memory, descriptors; and the one line when counting is not
 * shared.
 */
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/label.h"
#include "base/log.h"
#include "base/metric_file.h"
#include "main/notify.h"
#include "main/process.h"
#include "web/metrics.h"

#define LOOK_MS 1000

static struct {
	bool on;
	mono_t look_at;
	int64_t cpu_us;
	char commit[64];
} g;

static void complain(const char *file, enum err e, const struct fault *f)
{
	struct log_line l;
	log_open(&l, LOG_ERROR, "the metrics tell of this process alone");
	log_c(&l, "file", file);
	log_err(&l, e, f);
	log_emit(&l);
}

/* v1.2-3-gabcdef-dirty, v1.2 or abcdef: what stands behind -g, or the whole. */
static const char *commit_of(const char *version)
{
	const char *mark = strstr(version, "-g"), *from = mark ? mark + 2 : version;
	if (str_copy((struct str){from, strcspn(from, "-")}, g.commit, sizeof g.commit) != OK)
		g.commit[0] = '\0';
	return g.commit;
}

void process_start(const char *role, const char *version, const char *file)
{
	struct fault f = {0};
	size_t which;
	if (!label_find(LABEL_ROLE, str_c(role), &which))
		return;
	metrics_labels(version, commit_of(version));
	metric_set(METRIC_PROCESSES, metric_series(METRIC_PROCESSES, which, 0, 0), 1);
	metric_set(METRIC_START, 0, utc_s(clock_utc()));
	metric_set(METRIC_RELOADED, 0, 1);
	enum err e = metric_file_open(file, &f);
	if (e != OK)
		complain(file, e, &f);
	g.on = true;
	process_tick(clock_mono());
}

void process_reloaded(bool fine)
{
	if (g.on)
		metric_set(METRIC_RELOADED, 0, fine);
}

void process_end(void)
{
	if (g.on)
		metric_file_close();
	g.on = false;
}

/* --- at itself ---------------------------------------------------------------------------------
 */

static int64_t us_of(const struct timeval *t)
{
	return (int64_t)t->tv_sec * 1000000 + t->tv_usec;
}

static void look_at_cpu(void)
{
	struct rusage u;
	if (getrusage(RUSAGE_SELF, &u) != 0)
		return;
	int64_t us = us_of(&u.ru_utime) + us_of(&u.ru_stime);
	if (us > g.cpu_us)
		metric_add(METRIC_CPU, 0, (uint64_t)(us - g.cpu_us));
	g.cpu_us = us;
}

static void look_at_memory(void)
{
	unsigned long pages;
	FILE *in = fopen("/proc/self/statm", "re");
	if (in && fscanf(in, "%*u %lu", &pages) == 1)
		metric_set(METRIC_MEMORY, 0, (int64_t)pages * sysconf(_SC_PAGESIZE));
	if (in)
		fclose(in);
}

static void look_at_descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	int64_t n = -3; /* this one, . and .. */
	while (d && readdir(d))
		n++;
	if (d) {
		closedir(d);
		metric_set(METRIC_OPEN_FDS, 0, n);
	}
}

void process_tick(mono_t now)
{
	struct fault f = {0};
	notify_alive(now);
	if (!g.on || now.us < g.look_at.us)
		return;
	g.look_at = mono_add(now, dur_ms(LOOK_MS));
	if (metric_file_lost())
		complain(metric_file_path(),
			fault_set(&f, ERR_IO, NULL,
				"was cut or removed while it was in use: restart all roles"),
			&f);
	look_at_cpu();
	look_at_memory();
	look_at_descriptors();
}
