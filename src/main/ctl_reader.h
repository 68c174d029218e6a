/* main/ctl_reader.h: a reader on a made-up page, from the words of a command: made up as well
 * (app/suppose.h), or looked up. Floor 5. */
#ifndef MAIN_CTL_READER_H
#define MAIN_CTL_READER_H

#include "app/suppose.h"
#include "main/ctl_world.h"

/* The words. Texts are borrowed from argv. */
struct ctl_reader_words {
	struct suppose_words said;
	struct str site;
	const char *reader; /* of one that is stored, or NULL */
};

/* ctl_reader_option: one `--name value` of getopt_long by its name; false when it has told what is
 * wrong with the value. */
bool ctl_reader_option(struct ctl_reader_words *w, const char *name, const char *value);
/* The options for getopt_long, and how they are written for a usage line. */
extern const struct option CTL_READER_OPTIONS[];

/* ctl_reader_make: page and reader in this world; a stored reader is looked up (c->store). Returns
 * CTL_OK, or the exit code when it has told what is wrong. */
int ctl_reader_make(struct ctl *c, const struct ctl_world *world, const struct site *site,
	const struct ctl_reader_words *w, struct suppose *ret);

#endif
