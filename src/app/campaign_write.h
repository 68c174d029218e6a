/* app/campaign_write.h: a campaign as the file that a person would have written.
 * Floor 3. */
#ifndef APP_CAMPAIGN_WRITE_H
#define APP_CAMPAIGN_WRITE_H

#include "base/buf.h"

/* campaign_write: adds a campaign, given as JSON in any order, with its fields in the order of
 * conf/campaigns/README.md and a line end at the end. A field that is not known there comes after
 * the others.
 *   fails  as json_read; ERR_TOO_LONG when it does not fit into out */
MUST enum err campaign_write(struct str json, struct buf *out, struct fault *f);

#endif
