/* app/robots_file.h: a list of a robot's addresses as its operator publishes it, checked as a
 * whole. Floor 3. Either JSON as Google and Bing give it, {"prefixes": [{"ipv4Prefix":
 * "192.0.2.0/27"},
 * {"ipv6Prefix": "2001:db8::/64"}]} with whatever else beside it, or text with one network a line;
 * there a line may be empty or begin with #. */
#ifndef APP_ROBOTS_FILE_H
#define APP_ROBOTS_FILE_H

#include "app/campaign.h"
#include "core/robot.h"

#define ROBOTS_FILE_MAX 5000 /* networks, as many as pledged.robot_ranges_set takes */

/* robots_file_read:
 *   gives  *ret_n ranges in the arena, sorted, what lies in another left out; never none
 *   fails  ERR_BAD_JSON, ERR_NO_MEMORY, or ERR_FIELD_BAD with every fault listed */
MUST enum err robots_file_read(struct str text, enum robot robot, struct arena *a,
	struct robot_range **ret, size_t *ret_n, struct campaign_faults *faults);

#endif
