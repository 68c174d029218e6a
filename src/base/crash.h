/* base/crash.h: places at which a test build dies as if the power had gone.
 * Floor 0. Only with -DPLEDGED_CRASHPOINTS (make crash); else nothing of it is compiled.
 *
 * PLEDGED_CRASH_AT=label[:n]: SIGKILL on the n-th pass of this process (1).
 *
 * PLEDGED_CRASH_FILE=path: the same word is read from a file at each pass. Who dies takes the file
 * away first: so one process dies once, and its successor lives until the file is there again.
 * Passes are counted from zero for each new file.
 *
 * All labels are in base/crash.def. */
#ifndef BASE_CRASH_H
#define BASE_CRASH_H

#ifdef PLEDGED_CRASHPOINTS
void crash_point(const char *label);    /* must be a row without statement */
void crash_sent(const char *statement); /* looks for the row that has it; none: nothing */
#define CRASH_POINT(label)    crash_point(label)
#define CRASH_SENT(statement) crash_sent(statement)
#else
#define CRASH_POINT(label)    ((void)0)
#define CRASH_SENT(statement) ((void)0)
#endif

#endif
