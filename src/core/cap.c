/* core/cap.c: caps, counted from the marks anew each time: there is no counter that could be lost,
 * stuck or reset. */
#include "core/cap.h"

#define DAY_S INT64_C(86400)

bool cap_is_within(utc_t at, utc_t now, uint32_t days)
{
	if (at.us > now.us)
		return days > 0;
	return ((uint64_t)now.us - (uint64_t)at.us) / (uint64_t)(DAY_S * 1000000) < days;
}

/* The store makes room by dropping the oldest mark that is not a reader's last word. */
static bool is_word(uint8_t kind)
{
	return kind == MARK_CLOSED || kind == MARK_LATER || kind == MARK_ALREADY_GAVE ||
	       kind == MARK_NEVER;
}

static int64_t lost_until(const struct cap_marks *m)
{
	uint8_t i = 0;

	ASSERT(m->n > 0);
	while (i + 1 < m->n && is_word(m->kind[i]))
		i++;
	return m->at_s[i];
}

void cap_unpack(struct str marks, struct cap_marks *ret)
{
	struct reader_mark m;
	uint8_t n = 0;

	for (; n < READER_MARK_MAX && reader_mark_unpack(marks, n, &m) == OK; n++) {
		ret->at_s[n] = utc_s(m.at);
		ret->key[n] = m.cap;
		ret->campaign[n] = m.campaign;
		ret->kind[n] = m.kind;
	}
	for (unsigned k = 0; k < MARK_KIND_N; k++)
		ret->newest_s[k] = INT64_MIN;
	for (uint8_t i = 0; i < n; i++)
		if (ret->kind[i] < MARK_KIND_N && ret->at_s[i] > ret->newest_s[ret->kind[i]])
			ret->newest_s[ret->kind[i]] = ret->at_s[i];
	ASSERT(n <= READER_MARK_MAX);
	ret->n = n;
	ret->full = n == READER_MARK_MAX;
	ret->lost_s = ret->full ? lost_until(ret) : INT64_MIN;
	for (size_t i = 0; i < CAP_CHAINS; i++)
		ret->head[i] = 0;
	for (uint8_t i = n; i > 0; i--) {
		uint8_t *head = &ret->head[ret->key[i - 1] % CAP_CHAINS];
		ret->next[i - 1] = *head;
		*head = i;
	}
}

/* The first mark of a key, then the next; 0 at the end. Key 0: all marks. */
static uint8_t first_of(const struct cap_marks *m, uint16_t key)
{
	return key != 0 ? m->head[key % CAP_CHAINS] : m->n > 0;
}

static uint8_t next_of(const struct cap_marks *m, uint16_t key, uint8_t i)
{
	ASSERT(i > 0 && i <= m->n);
	if (key != 0)
		return m->next[i - 1];
	return i < m->n ? (uint8_t)(i + 1) : 0;
}

static bool is_within_s(int64_t at, int64_t now, uint32_t days)
{
	return at > now ? days > 0 : now - at < days * DAY_S;
}

/* A cycle that is full begins anew when its delay is over; and after a pause of that length nothing
 * matters that came before it and was lost. */
static void restart(struct cap_state *s, const struct campaign_cap *cap, int64_t at)
{
	if (cap->cycle_views == 0 || cap->cycle_restart_days == 0 ||
		at < s->newest_s + cap->cycle_restart_days * DAY_S)
		return;
	if (s->in_cycle >= cap->cycle_views)
		s->in_cycle = s->skipped = 0;
	s->lost_cycle = false;
}

static void look_at(struct cap_state *s, const struct campaign_cap *cap, uint8_t kind, int64_t at)
{
	switch (kind) {
	case MARK_CLOSED: s->closed_s = at > s->closed_s ? at : s->closed_s; break;
	case MARK_LATER: s->later_s = at > s->later_s ? at : s->later_s; break;
	case MARK_SKIPPED:
		restart(s, cap, at);
		s->skipped++;
		break;
	case MARK_SHOWN:
	case MARK_HELD:
		restart(s, cap, at);
		s->in_cycle++;
		s->newest_s = at > s->newest_s ? at : s->newest_s;
		break;
	default: break;
	}
}

void cap_look(const struct cap_marks *m, const struct campaign_cap *cap, utc_t now,
	utc_t day_starts, struct cap_state *ret)
{
	int64_t now_s = utc_s(now), today = utc_s(day_starts);

	*ret = (struct cap_state){.newest_s = m->lost_s,
		.closed_s = INT64_MIN,
		.later_s = INT64_MIN,
		.lost_period = m->full && is_within_s(m->lost_s, now_s, cap->days),
		.lost_today = m->full && m->lost_s >= today,
		.lost_cycle = m->full};
	for (uint8_t i = first_of(m, cap->key); i > 0; i = next_of(m, cap->key, i)) {
		int64_t at = m->at_s[i - 1];
		uint8_t kind = m->kind[i - 1];
		if (cap->key != 0 && m->key[i - 1] != cap->key)
			continue;
		look_at(ret, cap, kind, at);
		if (kind == MARK_SHOWN || kind == MARK_HELD) {
			ret->in_period += is_within_s(at, now_s, cap->days);
			ret->today += at >= today;
		}
	}
	ASSERT(ret->in_period <= m->n && ret->today <= m->n);
	restart(ret, cap, now_s);
	if (ret->newest_s > now_s)
		ret->newest_s = now_s;
}

bool cap_is_same(const struct campaign_cap *a, const struct campaign_cap *b)
{
	return a->key == b->key && a->days == b->days && a->cycle_views == b->cycle_views &&
	       a->cycle_restart_days == b->cycle_restart_days;
}

bool cap_is_within_s(int64_t at_s, utc_t now, uint32_t days)
{
	return at_s != INT64_MIN && is_within_s(at_s, utc_s(now), days);
}

bool cap_has(const struct cap_marks *m, enum reader_mark_kind kind, int32_t campaign, utc_t from)
{
	for (uint8_t i = 0; i < m->n; i++)
		if (m->kind[i] == kind && m->campaign[i] == campaign && m->at_s[i] >= utc_s(from))
			return true;
	return false;
}
