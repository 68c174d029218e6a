/* The mapped file: several processes, each a child of this one, count into it; what is printed by
 * any of them is the sum, whatever became of the others. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/metric_file.h"

static char dir[64], path[100];
static char mem[65536];

/* cmocka's own asserts jump to the parent's frame, which is not ours to go on with. */
#define CHECK(x)                                                                                   \
	((x) ? (void)0 : (fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #x), _exit(1)))

static const char *scrape(void)
{
	struct buf b;

	buf_init(&b, mem, sizeof mem);
	metric_format(&b);
	buf_byte(&b, 0);
	CHECK(buf_done(&b) == OK);
	return mem;
}

/* The number behind a name; -1: it is not there. */
static long value(const char *name)
{
	char line[200];

	snprintf(line, sizeof line, "\n%s ", name);
	const char *at = strstr(scrape(), line);
	return at ? strtol(at + strlen(line), NULL, 10) : -1;
}

#define RACES "pledged_mark_races_total"
#define CONNS "pledged_connections"

/* --- children ------------------------------------------------------------------------------- */

struct child {
	pid_t pid;
	int to, from;
};

/* A process that does one thing a byte: c counts, s and a count under names, g sets gauges to what
 * follows, n reads the newest, q ends well. It says a byte when it is done with each. */
static void live(int in, int out)
{
	struct fault f;
	unsigned char c, v;

	metric_file_close(); /* the parent's */
	bool fine = metric_file_open(path, &f) == OK;
	(void)!write(out, fine ? "+" : "-", 1);
	while (read(in, &c, 1) == 1) {
		if (c == 'q')
			break;
		if (c == 'c')
			metric_add(METRIC_MARK_RACES, 0, 1);
		if (c == 's')
			metric_add_named(METRIC_PROMPTS, STR("spring"), STR("a"), 0);
		if (c == 'a')
			metric_add_named(METRIC_PROMPTS, STR("autumn"), STR("b"), 1);
		if (c == 'g' && read(in, &v, 1) == 1) {
			metric_set(METRIC_CONNECTIONS, 0, v);
			metric_set(METRIC_CAMPAIGN_STALE, 0, v);
			metric_set(METRIC_STORE_UP, 0, v);
		}
		if (c == 'n' && read(in, &v, 1) == 1)
			metric_set(METRIC_INBOX_OLDEST, 0, v);
		(void)!write(out, ".", 1);
	}
	metric_file_close();
	_exit(0);
}

static struct child start(char told)
{
	int to[2], from[2];
	char c = 0;

	CHECK((pipe(to) | pipe(from)) == 0);
	struct child k = {.pid = fork(), .to = to[1], .from = from[0]};
	CHECK(k.pid >= 0);
	if (k.pid == 0) {
		close(to[1]);
		close(from[0]);
		live(to[0], from[1]);
	}
	close(to[0]);
	close(from[1]);
	CHECK(read(k.from, &c, 1) == 1);
	CHECK(c == told);
	return k;
}

static void tell(const struct child *k, const char *words)
{
	char c;

	for (const char *w = words; *w; w++) {
		size_t n = strchr("csa", *w) ? 1 : 2;
		CHECK(write(k->to, w, n) == (ssize_t)n);
		CHECK(read(k->from, &c, 1) == 1);
		w += n - 1;
	}
}

static void end(struct child *k, int sig)
{
	if (sig)
		kill(k->pid, sig);
	else
		CHECK(write(k->to, "q", 1) == 1);
	CHECK(waitpid(k->pid, NULL, 0) == k->pid);
	close(k->to);
	close(k->from);
}

/* Each test is a process of its own, so that it may open a file for the first time; what it asserts
 * comes back as its exit code. */
static void apart(void (*body)(void))
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		signal(SIGABRT, SIG_DFL); /* cmocka's would go on with the next test */
		signal(SIGSEGV, SIG_DFL);
		body();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fail_msg("status %x", (unsigned)status);
}

static int fresh(void **state)
{
	(void)state;
	snprintf(dir, sizeof dir, "/tmp/metric_test.XXXXXX");
	if (!mkdtemp(dir))
		return 1;
	snprintf(path, sizeof path, "%s/metrics", dir);
	return 0;
}

static int clean(void **state)
{
	char command[200];

	(void)state;
	snprintf(command, sizeof command, "chmod -R u+w %s; rm -rf %s", dir, dir);
	return system(command) != 0;
}

/* The file's name has a number behind it. */
static const char *name_of(void)
{
	static char found[200];
	struct fault f;
	pid_t pid;
	int fd[2];

	if (pipe(fd) != 0)
		return "";
	pid = fork();
	if (pid == 0) {
		if (metric_file_open(path, &f) == OK)
			(void)!write(fd[1], metric_file_path(), strlen(metric_file_path()));
		_exit(0);
	}
	close(fd[1]);
	ssize_t n = read(fd[0], found, sizeof found - 1);
	close(fd[0]);
	waitpid(pid, NULL, 0);
	found[n > 0 ? n : 0] = '\0';
	return found;
}

/* --- the sum -------------------------------------------------------------------------------- */

static void sums(void)
{
	struct fault f;

	metric_add(METRIC_MARK_RACES, 0, 5); /* before the file is there */
	struct child a = start('+'), b = start('+');
	CHECK(metric_file_open(path, &f) == OK);
	CHECK(value(RACES) == 15); /* the children had the 5 too */
	tell(&a, "cccg\x07");
	tell(&b, "ccg\x03");
	metric_add(METRIC_MARK_RACES, 0, 1);
	metric_set(METRIC_CONNECTIONS, 0, 2);
	CHECK(value(RACES) == 21);
	CHECK(value(CONNS) == 12);
	CHECK(value("pledged_campaigns_stale") == 7); /* the largest */
	CHECK(value("pledged_store_up") == 3);        /* the least */

	/* the dead count, but hold nothing */
	end(&a, SIGKILL);
	CHECK(value(RACES) == 21);
	CHECK(value(CONNS) == 5);
	CHECK(value("pledged_campaigns_stale") == 3);
	end(&b, 0);
	CHECK(value(RACES) == 21);
	CHECK(value(CONNS) == 2);
	CHECK(value("pledged_store_up") == -1);
}

#define SPRING "pledged_prompts_total{campaign=\"spring\",variant=\"a\",kind=\"line\"}"
#define AUTUMN "pledged_prompts_total{campaign=\"autumn\",variant=\"b\",kind=\"wall\"}"

/* Rows of names come together from all processes, the dead ones' too. */
static void names(void)
{
	static const char *const kind[] = {"line", "wall"};
	struct fault f;

	metric_label(METRIC_PROMPTS, 2, kind, 2);
	struct child a = start('+'), b = start('+');
	tell(&a, "sas");
	tell(&b, "as");
	metric_add_named(METRIC_PROMPTS, STR("spring"), STR("a"), 0); /* before the file is there */
	end(&a, SIGKILL);
	CHECK(metric_file_open(path, &f) == OK); /* the slot of a */
	CHECK(value(SPRING) == 4);
	CHECK(value(AUTUMN) == 2);
	struct child c = start('+');
	CHECK(value(SPRING) == 7); /* it is a copy of this process, which had three */
	CHECK(value(AUTUMN) == 3);
	tell(&c, "sa");
	CHECK(value(SPRING) == 8);
	CHECK(value(AUTUMN) == 4);
	end(&b, 0);
	end(&c, SIGKILL);
	CHECK(value(SPRING) == 8);
	CHECK(value(AUTUMN) == 4);
}

/* A new process takes a slot that is free and goes on from what stands there: many more lives than
 * slots, and nothing is lost or counted twice. */
static void lives(void)
{
	struct fault f;
	long n = 0;

	CHECK(metric_file_open(path, &f) == OK);
	for (int i = 0; i < METRIC_FILE_SLOTS + 40; i++) {
		struct child k = start('+');
		n++;
		tell(&k, "c");
		end(&k, i % 2 ? SIGKILL : 0);
	}
	/* each child began as a copy of this process, which has counted nothing */
	CHECK(value(RACES) == n);
}

static void newest(void)
{
	struct fault f;
	struct child a = start('+'), b = start('+');

	CHECK(metric_file_open(path, &f) == OK);
	CHECK(value("pledged_inbox_oldest_seconds") == -1);
	CHECK(metric_age_ms(METRIC_INBOX_OLDEST, clock_mono()) == INT64_MAX);
	tell(&a, "n\x63");
	usleep(2000);
	tell(&b, "n\x05");
	CHECK(value("pledged_inbox_oldest_seconds") == 5);
	CHECK(metric_age_ms(METRIC_INBOX_OLDEST, clock_mono()) < 60000);
	usleep(2000);
	tell(&a, "n\x0b");
	CHECK(value("pledged_inbox_oldest_seconds") == 11);
	end(&a, SIGKILL);
	CHECK(value("pledged_inbox_oldest_seconds") == 5);
	end(&b, SIGKILL);
	CHECK(value("pledged_inbox_oldest_seconds") == -1);
}

static void full(void)
{
	struct child k[METRIC_FILE_SLOTS];
	struct fault f = {0};

	for (size_t i = 0; i < METRIC_FILE_SLOTS; i++)
		k[i] = start('+');
	CHECK(metric_file_open(path, &f) == ERR_STATE && strstr(f.detail, "256 slots"));
	metric_add(METRIC_MARK_RACES, 0, 1);
	CHECK(value(RACES) == 1); /* counts for itself */
	tell(&k[200], "c");
	end(&k[17], SIGKILL);
	CHECK(metric_file_open(path, &f) == OK); /* and with room it would have been fine */
	CHECK(value(RACES) == 2);
	for (size_t i = 0; i < METRIC_FILE_SLOTS; i++)
		if (i != 17)
			end(&k[i], SIGKILL);
}

static void one_host_two_files(void)
{
	char other[120];
	struct fault f;
	struct child a = start('+');

	tell(&a, "ccc");
	snprintf(other, sizeof other, "%s/other", dir);
	CHECK(metric_file_open(other, &f) == OK);
	CHECK(value(RACES) == 0);
	end(&a, 0);
}

/* Lists of other words are another layout: another file. */
static void releases_do_not_mix(void)
{
	static const char *const words[] = {"a", "b"};
	struct fault f;
	struct child a = start('+');

	tell(&a, "ccc");
	metric_label(METRIC_ERRORS, 0, words, 2);
	CHECK(metric_file_open(path, &f) == OK);
	CHECK(value(RACES) == 0);
	end(&a, 0);
}

/* --- hostile files -------------------------------------------------------------------------- */

static void not_taken(enum err want)
{
	struct fault f = {0};

	CHECK(metric_file_open(path, &f) == want);
	CHECK(f.detail[0]);
	metric_add(METRIC_MARK_RACES, 0, 3);
	CHECK(value(RACES) == 3);
	CHECK(metric_file_path()[0] == '\0');
}

static void odd_files(void)
{
	char name[200];

	snprintf(name, sizeof name, "%s", name_of());
	CHECK(name[0] && setenv("F", name, 1) == 0);
	struct stat whole, st;
	CHECK(stat(name, &whole) == 0);
	static const struct {
		const char *command; /* $F: the file */
		enum err want;
	} ODD[] = {
		{"truncate -s 0 $F", ERR_STATE},
		{"truncate -s +1 $F", ERR_STATE},
		{"truncate -s 4096 $F", ERR_STATE},
		{"printf x | dd of=$F conv=notrunc status=none", ERR_STATE}, /* magic */
		{"printf xxxx | dd of=$F seek=8 bs=1 conv=notrunc status=none", ERR_STATE},
		{"rm $F; mkfifo $F", ERR_STATE},
		{"rm $F; mkdir $F", ERR_IO},
		{"rmdir $F; ln -s /etc/passwd $F", ERR_IO},
		{"rm $F; ln -s nowhere $F", ERR_IO},
	};
	for (size_t i = 0; i < ARRAY_N(ODD); i++) {
		int status;
		(void)name_of(); /* there is a good one, if that can be */
		CHECK(system(ODD[i].command) == 0);
		pid_t pid = fork();
		if (pid == 0) {
			not_taken(ODD[i].want);
			_exit(0);
		}
		CHECK(waitpid(pid, &status, 0) == pid);
		if (status != 0)
			fprintf(stderr, "with: %s\n", ODD[i].command);
		CHECK(status == 0);
		/* somebody else's file is not touched */
		if (i == 1)
			CHECK(stat(name, &st) == 0 && st.st_size == whole.st_size + 1);
		if (i < 5)
			unlink(name);
	}
}

static void no_such_folder(void)
{
	struct fault f = {0};
	char none[200], longer[2000];

	snprintf(none, sizeof none, "%s/none/metrics", dir);
	CHECK(metric_file_open(none, &f) == ERR_IO && strstr(f.detail, "No such file"));
	memset(longer, 'x', sizeof longer - 1);
	longer[sizeof longer - 1] = '\0';
	CHECK(metric_file_open(longer, &f) == ERR_IO && strstr(f.detail, "too long"));
	CHECK(metric_file_open("", &f) == OK && metric_file_path()[0] == '\0');
	metric_add(METRIC_MARK_RACES, 0, 1);
	CHECK(value(RACES) == 1);
}

/* Numbers may be anything: whoever reads them goes no further than adding. */
static void odd_numbers(void)
{
	char name[200];
	struct fault f = {0};

	struct child a = start('+');
	tell(&a, "c");
	snprintf(name, sizeof name, "%s", name_of());
	FILE *out = fopen(name, "r+b");
	CHECK(out && fseek(out, 32, SEEK_SET) == 0); /* behind layout, slots and their size */
	for (size_t i = 0; i < 4064; i++)
		fputc(0xff, out);
	for (size_t i = 0; i < 200000; i++)
		fputc((int)(i * 37 % 251), out);
	fclose(out);
	CHECK(metric_file_open(path, &f) == OK);
	metric_add(METRIC_MARK_RACES, 0, 1);
	CHECK(strlen(scrape()) > 1000);
	CHECK(metric_age_ms(METRIC_INBOX_OLDEST, clock_mono()) >= 0);
	tell(&a, "c");
	end(&a, 0);
}

/* Cut while it is mapped: nobody dies, and each counts for itself. */
static void cut(void)
{
	struct fault f = {0};
	char name[200];
	struct child a = start('+');

	tell(&a, "cc");
	CHECK(metric_file_open(path, &f) == OK);
	metric_add(METRIC_MARK_RACES, 0, 4);
	CHECK(value(RACES) == 6);
	CHECK(!metric_file_lost());
	snprintf(name, sizeof name, "%s", metric_file_path());
	CHECK(truncate(name, 100) == 0);
	tell(&a, "cc"); /* the other one lives on */
	metric_add(METRIC_MARK_RACES, 0, 1);
	CHECK(value(RACES) == 5);
	CHECK(metric_file_lost());
	CHECK(!metric_file_lost()); /* once */
	metric_set(METRIC_CONNECTIONS, 0, 9);
	CHECK(value(CONNS) == 9);
	end(&a, 0);
}

/* Removed: who has it goes on in it, whoever comes later makes another; that is told. */
static void removed(void)
{
	struct fault f = {0};

	CHECK(metric_file_open(path, &f) == OK);
	CHECK(!metric_file_lost());
	CHECK(unlink(metric_file_path()) == 0);
	CHECK(metric_file_lost());
	CHECK(!metric_file_lost()); /* once */
	metric_add(METRIC_MARK_RACES, 0, 2);
	CHECK(value(RACES) == 2);
}

/* Roles that run as users of their own, in one group, share it. */
static void shared_by_group(void)
{
	struct fault f = {0};
	struct stat st;

	umask(0077);
	CHECK(metric_file_open(path, &f) == OK);
	CHECK(stat(metric_file_path(), &st) == 0 && (st.st_mode & 07777) == 0660);
}

/* A signal that has nothing to do with the file still ends the process. */
static void other_bus_errors(void)
{
	struct fault f = {0};
	char other[120];
	int status;

	snprintf(other, sizeof other, "%s/page", dir);
	pid_t pid = fork();
	if (pid == 0) {
		signal(SIGBUS, SIG_DFL);
		CHECK(metric_file_open(path, &f) == OK);
		FILE *out = fopen(other, "w+b");
		volatile char *p = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fileno(out), 0);
		_exit(p[0] + 3);
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS);
}

#define TEST(name)                                                                                 \
	static void test_##name(void **state)                                                      \
	{                                                                                          \
		(void)state;                                                                       \
		apart(name);                                                                       \
	}
TEST(sums)
TEST(names)
TEST(lives)
TEST(newest)
TEST(full)
TEST(one_host_two_files)
TEST(releases_do_not_mix)
TEST(odd_files)
TEST(no_such_folder)
TEST(odd_numbers)
TEST(cut)
TEST(removed)
TEST(shared_by_group)
TEST(other_bus_errors)

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(test_##name, fresh, clean)
	const struct CMUnitTest tests[] = {
		CASE(sums),
		CASE(names),
		CASE(lives),
		CASE(newest),
		CASE(full),
		CASE(one_host_two_files),
		CASE(releases_do_not_mix),
		CASE(odd_files),
		CASE(no_such_folder),
		CASE(odd_numbers),
		CASE(cut),
		CASE(removed),
		CASE(shared_by_group),
		CASE(other_bus_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
