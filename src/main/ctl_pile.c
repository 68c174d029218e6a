/* main/ctl_pile.c: campaign files, read and checked as a whole. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "main/ctl_campaign.h"

#define FILE_BYTES (1u << 20)

/* --- one campaign ---------------------------------------------------------------------------- */

static bool wrong(const char *path, const char *what)
{
	fprintf(stderr, "%s: %s\n", path, what);
	return false;
}

bool ctl_doc_read(struct arena *a, struct ctl_doc *doc)
{
	FILE *in = fopen(doc->path, "re");
	if (!in)
		return wrong(doc->path, strerror(errno));
	const char *why = NULL;
	char *mem = malloc(FILE_BYTES + 1);
	size_t n = mem ? fread(mem, 1, FILE_BYTES + 1, in) : 0;
	if (mem && ferror(in))
		why = strerror(errno);
	else if (n > FILE_BYTES)
		why = "larger than 1 MiB";
	else if (!mem || arena_dup(a, (struct str){mem, n}, &doc->text) != OK)
		why = "out of memory";
	free(mem);
	fclose(in);
	return !why || wrong(doc->path, why);
}

void ctl_faults(const char *path, const struct campaign_faults *faults)
{
	for (size_t i = 0; i < faults->n && i < ARRAY_N(faults->fault); i++) {
		const struct campaign_fault *f = &faults->fault[i];
		fprintf(stderr, "%s: %s%s%s\n", path, f->path, f->path[0] ? ": " : "", f->what);
	}
	if (faults->n > ARRAY_N(faults->fault))
		fprintf(stderr, "%s: and %zu more\n", path, faults->n - ARRAY_N(faults->fault));
}

bool ctl_doc_check(struct arena *a, struct ctl_doc *doc)
{
	struct campaign_faults faults = {0};
	struct campaign_doc *read = arena_alloc(a, sizeof *read);
	enum err e = read ? campaign_read(doc->text, a, read, &faults) : ERR_NO_MEMORY;
	if (e == ERR_NO_MEMORY)
		return wrong(doc->path, "out of memory");
	if (e != OK) {
		ctl_faults(doc->path, &faults);
		return false;
	}
	doc->read = read;
	doc->slug = read->slug;
	doc->site = read->site;
	return true;
}

/* --- many files ------------------------------------------------------------------------------ */

static void add(struct ctl_pile *p, const char *path)
{
	struct ctl_doc *doc = &p->doc[p->n];
	bool fits = p->n < ARRAY_N(p->doc);
	if (fits && (doc->path = arena_cstr(&p->arena, str_c(path))))
		p->n++;
	else
		p->bad += !wrong(path, fits ? "out of memory" : "more than 200 campaigns");
}

static int is_json(const struct dirent *d)
{
	size_t n = strlen(d->d_name);
	return d->d_name[0] != '.' && n > 5 && strcmp(d->d_name + n - 5, ".json") == 0;
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void add_dir(struct ctl_pile *p, const char *dir)
{
	struct dirent **names = NULL;
	int n = scandir(dir, &names, is_json, by_bytes);
	if (n <= 0)
		p->bad += !wrong(dir, n < 0 ? strerror(errno) : "holds no campaign (*.json)");
	for (int i = 0; i < n; i++) {
		BUF_ON(path, 4096);
		buf_addf(&path, "%s/%s", dir, names[i]->d_name);
		buf_byte(&path, '\0');
		if (buf_done(&path) == OK)
			add(p, path_mem);
		else
			p->bad += !wrong(dir, "the path is too long");
		free(names[i]);
	}
	free(names);
}

static bool is_new(const struct ctl_pile *p, const struct ctl_doc *doc)
{
	for (const struct ctl_doc *b = p->doc; b < doc; b++)
		if (str_eq(b->slug, doc->slug) && str_eq(b->site, doc->site)) {
			fprintf(stderr, "%s: campaign: %.*s is in %s too\n", doc->path,
				STR_FMT(doc->slug), b->path);
			return false;
		}
	return true;
}

void ctl_pile_free(struct ctl_pile *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->n; i++)
		rows_free(p->doc[i].conflicts);
	arena_fini(&p->arena);
	free(p);
}

struct ctl_pile *ctl_pile_new(int argc, char **argv)
{
	struct ctl_pile *p = calloc(1, sizeof *p);
	if (!p || arena_init(&p->arena, CTL_ARENA_BYTES) != OK) {
		fprintf(stderr, "pledgectl: out of memory\n");
		free(p);
		return NULL;
	}
	for (int i = 1; i < argc; i++) {
		struct stat st;
		if (stat(argv[i], &st) == 0 && S_ISDIR(st.st_mode))
			add_dir(p, argv[i]);
		else
			add(p, argv[i]);
	}
	for (struct ctl_doc *doc = p->doc; doc < p->doc + p->n; doc++)
		p->bad += !(ctl_doc_read(&p->arena, doc) && ctl_doc_check(&p->arena, doc) &&
			    is_new(p, doc));
	for (size_t i = 0; i < p->n; i++)
		p->file[i] = p->doc[i].read;
	if (p->bad == 0)
		return p;
	ctl_pile_free(p);
	return NULL;
}
