/* tests/bench/preload/alloc.c: counts allocations from the heap by the object that asks for them
 * (LD_PRELOAD). ALLOC_FILE.<pid> holds the counts, a line an object: number, name. */
#include <fcntl.h>
#include <link.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define OBJECTS 64
#define LINE    64
#define NUMBER  16

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);

static struct {
	uintptr_t from, to;
	uint64_t n;
} object[OBJECTS];
static int object_n;
static char *page;

static void note(void *caller)
{
	uintptr_t at = (uintptr_t)caller;
	for (int i = 0; i < object_n; i++)
		if (at >= object[i].from && at < object[i].to) {
			uint64_t n = ++object[i].n;
			for (char *p = page + i * LINE + NUMBER; n > 0; n /= 10)
				*--p = (char)('0' + n % 10);
			return;
		}
}

static int add(struct dl_phdr_info *info, size_t size, void *arg)
{
	(void)size;
	if (object_n == OBJECTS)
		return 1;
	uintptr_t to = info->dlpi_addr;
	for (int i = 0; i < info->dlpi_phnum; i++)
		if (info->dlpi_phdr[i].p_type == PT_LOAD) {
			uintptr_t end = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr +
					info->dlpi_phdr[i].p_memsz;
			to = end > to ? end : to;
		}
	const char *slash = strrchr(info->dlpi_name, '/');
	const char *name = slash ? slash + 1 : info->dlpi_name[0] ? info->dlpi_name : arg;
	char line[LINE + 1];
	snprintf(line, sizeof line, "%*d %-*.*s\n", NUMBER, 0, LINE - NUMBER - 2, LINE - NUMBER - 2,
		name);
	memcpy(page + object_n * LINE, line, LINE);
	object[object_n].from = info->dlpi_addr;
	object[object_n++].to = to;
	return 0;
}

__attribute__((constructor)) static void start(void)
{
	const char *file = getenv("ALLOC_FILE");
	char name[4096], self[] = "program";
	if (!file || snprintf(name, sizeof name, "%s.%d", file, (int)getpid()) >= (int)sizeof name)
		return;
	int fd = open(name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || ftruncate(fd, OBJECTS * LINE) != 0)
		return;
	page = mmap(NULL, OBJECTS * LINE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (page != MAP_FAILED)
		dl_iterate_phdr(add, self);
}

void *malloc(size_t n)
{
	note(__builtin_return_address(0));
	return __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
	note(__builtin_return_address(0));
	return __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
	note(__builtin_return_address(0));
	return __libc_realloc(p, n);
}
