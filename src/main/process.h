/* main/process.h: what the metrics tell of a process itself, and the file that it counts in.
 * Floor 5. */
#ifndef MAIN_PROCESS_H
#define MAIN_PROCESS_H

#include <stdbool.h>

#include "base/clock.h"

/* process_start: name all labels, then share file with the other processes of this host. If that
 * cannot be, the log tells once and the process counts for itself. role: one without a row of
 * label.def counts nothing of its own. version: as `git describe` writes it. */
void process_start(const char *role, const char *version, const char *file);
/* process_tick: in each turn of a loop; at most once a second it looks at itself. */
void process_tick(mono_t now);
void process_reloaded(bool fine);
void process_end(void);

#endif
