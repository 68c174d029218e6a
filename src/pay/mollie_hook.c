/* pay/mollie_hook.c: the id, if it can be one. */
#include "pay/mollie_hook.h"
#include "pay/mollie_read.h"

#define ID_MAX 64

enum err mollie_hook_webhook(const struct pay_set *set, struct str signature, struct str body,
	utc_t now, struct arena *a, struct pay_event *ret, struct fault *f)
{
	struct pay_event ev = {.type = STR("payment"),
		.kind = PAY_KIND_CHECKOUT,
		.livemode = set->livemode,
		.hint = true};
	struct str rest = body, pair, id = {0};
	int n = 0;

	(void)signature;
	(void)now;
	while (str_cut(&rest, '&', &pair))
		if (str_starts(pair, "id=")) {
			id = (struct str){pair.p + 3, pair.n - 3};
			n++;
		}
	if (n != 1 || id.n > ID_MAX || !snap_is_id(id))
		return fault_set(f, ERR_BAD_EVENT, "id", "there is no sound id, or more than one");
	if (!mollie_read_is_id(id, "tr_")) {
		ev.kind = PAY_KIND_NONE;
		ev.ignored = true;
	}
	enum err e = arena_dup(a, id, &ev.id);
	ev.object_id = ev.id;
	if (e == OK)
		*ret = ev;
	return e;
}
