/* base/crash.c: see crash.h; empty in every build but one. */
#include "base/crash.h"

#ifdef PLEDGED_CRASHPOINTS
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/must.h"

#define WORD_BYTES 64

static const struct {
	const char *label, *statement;
} ROWS[] = {
#define X(label, statement, sentence) {label, statement},
#include "base/crash.def"
#undef X
};

/* The word in force, and whether it is another one than at the last pass. */
static bool read_word(char word[WORD_BYTES], bool *ret_fresh)
{
	static struct stat last;
	const char *at = getenv("PLEDGED_CRASH_AT"), *path = getenv("PLEDGED_CRASH_FILE");
	*ret_fresh = false;
	if (at) {
		strncpy(word, at, WORD_BYTES - 1);
		return true;
	}
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	struct stat st;
	if (fd < 0)
		return false;
	ssize_t n = fstat(fd, &st) == 0 ? read(fd, word, WORD_BYTES - 1) : -1;
	close(fd);
	if (n <= 0)
		return false;
	word[strcspn(word, "\n")] = '\0';
	*ret_fresh = st.st_ino != last.st_ino || st.st_mtim.tv_sec != last.st_mtim.tv_sec ||
		     st.st_mtim.tv_nsec != last.st_mtim.tv_nsec;
	last = st;
	return true;
}

static void pass(const char *label)
{
	static long passed;
	char word[WORD_BYTES] = "";
	bool fresh;
	if (!read_word(word, &fresh))
		return;
	if (fresh)
		passed = 0;
	size_t n = strcspn(word, ":");
	if (strlen(label) != n || strncmp(word, label, n) != 0)
		return;
	if (++passed < (word[n] ? atol(word + n + 1) : 1))
		return;
	if (getenv("PLEDGED_CRASH_AT") || unlink(getenv("PLEDGED_CRASH_FILE")) == 0)
		raise(SIGKILL);
}

void crash_point(const char *label)
{
	for (size_t i = 0; i < ARRAY_N(ROWS); i++)
		if (strcmp(label, ROWS[i].label) == 0 && !ROWS[i].statement[0]) {
			pass(label);
			return;
		}
	must_die(__FILE__, __LINE__, label);
}

void crash_sent(const char *statement)
{
	for (size_t i = 0; i < ARRAY_N(ROWS); i++)
		if (strcmp(statement, ROWS[i].statement) == 0)
			pass(ROWS[i].label);
}
#endif
