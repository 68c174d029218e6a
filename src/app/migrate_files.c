/* app/migrate_files.c: the files of a release, as they lie in its folders. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "app/migrate_own.h"
#include "base/seal.h"

#define FILE_BYTES (1u << 20)

static enum err read_file(struct work *w, const char *folder, struct file *file)
{
	BUF_ON(path, 4096);
	buf_addf(&path, "%s/%s/%s", w->m->dir, folder, file->name);
	buf_byte(&path, '\0');
	char *mem = malloc(FILE_BYTES + 1);
	FILE *in = buf_done(&path) == OK ? fopen(path_mem, "re") : NULL;
	enum err e = OK;
	size_t n = mem && in ? fread(mem, 1, FILE_BYTES + 1, in) : 0;
	if (!mem)
		e = fault_set(w->f, ERR_NO_MEMORY, NULL, "migrate");
	else if (!in || ferror(in))
		e = fault_set(w->f, ERR_IO, NULL, "%s/%s: %s", folder, file->name, strerror(errno));
	else if (n > FILE_BYTES)
		e = fault_set(w->f, ERR_IO, NULL, "%s/%s: larger than 1 MiB", folder, file->name);
	else if (!str_is_utf8((struct str){mem, n}))
		e = fault_set(w->f, ERR_IO, NULL, "%s/%s: not UTF-8", folder, file->name);
	else
		e = arena_dup(&w->arena, (struct str){mem, n}, &file->text);
	if (in)
		fclose(in);
	free(mem);
	if (e != OK)
		return e;
	uint8_t sum[32];
	seal_sha256(file->text, sum);
	str_hex(sum, sizeof sum, file->sum);
	return OK;
}

/* NAME.sql of a-z, 0-9 and _: so a name needs no quotes in SQL and no care on a terminal. */
static bool is_name(const char *name, size_t *ret_stem)
{
	*ret_stem = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");
	return *ret_stem > 0 && strcmp(name + *ret_stem, ".sql") == 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct file *)a)->name, ((const struct file *)b)->name);
}

static enum err add_file(struct work *w, struct files *fs, const char *name)
{
	size_t n = strlen(name), stem;
	if (name[0] == '.' || n < 4 || strcmp(name + n - 4, ".sql") != 0)
		return OK;
	if (!is_name(name, &stem) || stem > 63)
		return fault_set(w->f, ERR_STATE, NULL,
			"%s: a file there is not named a-z, 0-9, _ and .sql", fs->folder);
	if (fs->n == FILES_MAX)
		return fault_set(w->f, ERR_RANGE, NULL, "%s: too many files", fs->folder);
	struct file *file = &fs->file[fs->n++];
	file->name = arena_cstr(&w->arena, str_c(name));
	return file->name ? read_file(w, fs->folder, file) : ERR_NO_MEMORY;
}

enum err migrate_folder(struct work *w, struct files *fs)
{
	BUF_ON(path, 4096);
	buf_addf(&path, "%s/%s", w->m->dir, fs->folder);
	buf_byte(&path, '\0');
	DIR *d = buf_done(&path) == OK ? opendir(path_mem) : NULL;
	if (!d)
		return fault_set(w->f, ERR_IO, NULL, "%.100s/%s: %s", w->m->dir, fs->folder,
			strerror(errno));
	enum err e = OK;
	for (struct dirent *one = readdir(d); one && e == OK; one = readdir(d))
		e = add_file(w, fs, one->d_name);
	closedir(d);
	qsort(fs->file, fs->n, sizeof fs->file[0], by_name);
	return e;
}

enum err migrate_numbers(struct work *w)
{
	for (size_t i = 0; i < w->past.n; i++) {
		const char *name = w->past.file[i].name;
		uint64_t number;
		if (name[4] != '_' || str_u64((struct str){name, 4}, 9999, &number) != OK)
			return fault_set(w->f, ERR_STATE, NULL,
				"migrations/%s: the name must be NNNN_name.sql", name);
		if (number < i + 1)
			return fault_set(w->f, ERR_STATE, NULL,
				"migrations/%s: the number stands there twice", name);
		if (number > i + 1)
			return fault_set(w->f, ERR_STATE, NULL,
				"migrations/%s: there is no %04zu before it", name, i + 1);
	}
	return OK;
}
