/* app/migrate_own.h: what the parts of migrate.c share. Floor 3. */
#ifndef APP_MIGRATE_OWN_H
#define APP_MIGRATE_OWN_H

#include "app/migrate.h"
#include "base/arena.h"

#define FILES_MAX 500

struct file {
	char *name; /* without the folder */
	struct str text;
	char sum[65];
};

struct files {
	const char *folder;
	size_t n;
	struct file file[FILES_MAX];
};

struct work {
	const struct migrate *m;
	struct fault *f;
	struct fault own; /* when the caller wants none */
	struct arena arena;
	struct files past, functions;
	size_t applied; /* of past */
};

/* migrate_folder: every NAME.sql of fs->folder, by name, with its text and checksum. fails as
 * migrate_run */
MUST enum err migrate_folder(struct work *w, struct files *fs);

/* migrate_numbers: NNNN_name.sql, from 0001 without a gap or a double; ERR_STATE else. */
MUST enum err migrate_numbers(struct work *w);

#endif
