/* tests/fuzz/replay.c: runs a target over files without a fuzzer, as TAP: its corpus in
 * tests/fuzz/corpus/NAME, or the files that are named. Each has a process of its own, so that one
 * that crashes or leaks is told by name and the others still run. */
#include <dirent.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fuzz.h"

#define FILES_MAX 1000
#define BYTES_MAX (4 << 20)

/* The block is as long as the file: the byte behind it is not ours. */
static void run(const char *path)
{
	static uint8_t text[BYTES_MAX];
	FILE *f = fopen(path, "rb");

	if (!f) {
		perror(path);
		exit(2);
	}
	size_t n = fread(text, 1, sizeof text, f);
	fclose(f);
	uint8_t *exact = malloc(n);
	if (n)
		memcpy(exact, text, n);
	LLVMFuzzerTestOneInput(exact, n);
	free(exact);
	exit(0); /* the leak sanitizer looks now */
}

static bool one(int no, const char *path)
{
	int status = -1;

	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0)
		run(path);
	bool fine = pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
	printf("%sok %d - %s\n", fine ? "" : "not ", no, path);
	return fine;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int corpus(const char *program, char **ret)
{
	static char paths[FILES_MAX][512];
	const char *slash = strrchr(program, '/'), *name = slash ? slash + 1 : program;
	char dir[256];
	int n = 0;

	snprintf(dir, sizeof dir, "tests/fuzz/corpus/%s", name);
	DIR *d = opendir(dir);
	if (!d)
		return 0;
	for (struct dirent *e; n < FILES_MAX && (e = readdir(d));) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(paths[n], sizeof paths[n], "%s/%s", dir, e->d_name);
		ret[n] = paths[n];
		n++;
	}
	closedir(d);
	qsort(ret, (size_t)n, sizeof *ret, by_name);
	return n;
}

int main(int argc, char **argv)
{
	static char *found[FILES_MAX];
	char **files = argc > 1 ? argv + 1 : found;
	int n = argc > 1 ? argc - 1 : corpus(argv[0], found), bad = 0;

	for (int i = 0; i < n; i++)
		bad += !one(i + 1, files[i]);
	if (n == 0)
		printf("not ok 1 - there is no corpus\n");
	printf("1..%d\n", n ? n : 1);
	fflush(stdout);
	_exit(bad > 0 || n == 0); /* the children have looked for leaks */
}
