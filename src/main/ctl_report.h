/* main/ctl_report.h: the forms in which pledgectl report prints.
 * Floor 5. */
#ifndef MAIN_CTL_REPORT_H
#define MAIN_CTL_REPORT_H

#include "app/report.h"

#define CTL_REPORT_COLS 64

void ctl_report_table(const struct report *rep);
void ctl_report_csv(const struct report *rep);
MUST enum err ctl_report_json(const struct report *rep); /* fails ERR_NO_MEMORY, ERR_IO */

#endif
