/* base/metric_file.h: one file, mapped by all processes of a host, in which each publishes what it
 * counts, so that any of them can print the sum. Floor 0.
 *
 * A process holds one slot by a lock on its first byte; the kernel lets go of it when the process
 * dies, in whatever way. Its counts stay: whoever takes the slot next goes on from them. The file's
 * name ends in a number made of the layout, so that two releases that count differently never share
 * one.
 *
 * Nothing in the file is trusted further than numbers go: a file of another size or with another
 * head is not used, and one that is cut while it is mapped is replaced by memory of our own. */
#ifndef BASE_METRIC_FILE_H
#define BASE_METRIC_FILE_H

#include "base/metric.h"

#define METRIC_FILE_SLOTS 256 /* processes at most */

/* metric_file_open: share from now on; what was counted before comes along. After all labels are
 * named, once. path: without the number behind it; empty: share with nobody.
 *   fails  ERR_IO (cannot be made or opened, or there is no room), ERR_STATE (a file that is not
 *          ours, or all slots are taken): the process counts for itself, as before */
MUST enum err metric_file_open(const char *path, struct fault *f);
void metric_file_close(void); /* the slot is free, and keeps its counts */

/* Whether the file was cut, so that this process counts for itself since then, or was removed, so
 * that later ones count in another; true once. */
bool metric_file_lost(void);
/* The file's own name, empty while there is none. */
const char *metric_file_path(void);

#endif
