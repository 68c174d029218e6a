/* main/sandbox.h: what a role gives up before it looks at its first request.
 * Floor 5. Two walls, each with a setting: calls (seccomp, main/syscall.def) and files (Landlock:
 * read below a few folders, write only where the settings say that something is kept, run nothing).
 * Both hold for threads and children too, and cannot be taken back. No new privileges, no core file
 * and no look from outside at our memory go without a setting.
 *
 * Sanitized builds have neither wall (the sanitizers need what is forbidden), builds with crash
 * points not that of files. */
#ifndef MAIN_SANDBOX_H
#define MAIN_SANDBOX_H

#include "base/conf.h"

/* sandbox_close: from now on no core file, no new privileges, nobody of our user looks into our
 * memory. */
void sandbox_close(void);

/* sandbox_files: path  the configuration, whose folder may be read again. A kernel without Landlock
 * is no failure. gives  *ret_on */
MUST enum err sandbox_files(const struct conf *c, const char *path, bool *ret_on, struct fault *f);

/* sandbox_calls: after sandbox_files, whose calls are no longer allowed behind it. */
MUST enum err sandbox_calls(char role, struct fault *f);

/* sandbox_enter: all of these, as the settings say, and a line in the log.
 *   fails  ERR_IO when the kernel refuses: a role does not run without a wall that was asked for */
MUST enum err sandbox_enter(const struct conf *c, const char *path, struct fault *f);

/* sandbox_test: shows it: each thing that must be refused is tried in a child behind both walls,
 * and each that is needed. Prints TAP; returns 0 when all is as it must be. */
int sandbox_test(const struct conf *c, const char *path);

#endif
