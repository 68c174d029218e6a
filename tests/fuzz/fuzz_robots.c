/* tests/fuzz/fuzz_robots.c: addresses. The first byte: f a robot's list from its operator, a an
 * address of a client, h the host name that DNS gave for one. */
#include <arpa/inet.h>

#include "app/network.h"
#include "app/robots_file.h"
#include "fuzz.h"

static struct campaign_faults faults;

/* Sixteen bytes by inet_pton, or nothing. */
static bool bytes_of(const char *text, uint8_t out[16])
{
	memset(out, 0, 16);
	if (inet_pton(AF_INET, text, out + 12) == 1) {
		out[10] = out[11] = 0xff;
		return true;
	}
	return inet_pton(AF_INET6, text, out) == 1;
}

static bool is_within(const struct robot_range *r, const uint8_t a[16])
{
	return memcmp(r->first.b, a, 16) <= 0 && memcmp(a, r->last.b, 16) <= 0;
}

/* In the packed list by looking at every range; the search must say the same. */
static void is_found(const struct robot_range *list, size_t n, const struct robot_address *a)
{
	bool held = false;

	for (size_t i = 0; i < n && !held; i++)
		held = is_within(&list[i], a->b);
	CHECK(robot_ranges_hold(list, n, list[0].robot, a) == held);
	CHECK(!robot_ranges_hold(list, n, list[0].robot + 1, a));
}

static void list_is_sound(const struct robot_range *list, size_t n)
{
	CHECK(n > 0 && n <= ROBOTS_FILE_MAX);
	for (size_t i = 0; i < n; i++) {
		struct robot_address a = list[i].first, b = list[i].last;
		struct robot_range again;
		BUF_ON(text, ROBOT_TEXT_MAX + 1);
		CHECK(memcmp(a.b, b.b, 16) <= 0);
		CHECK(i == 0 || memcmp(list[i - 1].last.b, a.b, 16) < 0);
		robot_range_format(&list[i], &text);
		CHECK(buf_done(&text) == OK);
		CHECK(robot_range_parse(buf_str(&text), list[i].robot, &again) == OK);
		CHECK(memcmp(again.first.b, a.b, 16) == 0 && memcmp(again.last.b, b.b, 16) == 0);
		is_found(list, n, &a);
		is_found(list, n, &b);
		b.b[15]++;
		a.b[15]--;
		is_found(list, n, &a);
		is_found(list, n, &b);
		if (i == 20)
			break;
	}
}

static void file(struct str text)
{
	struct robot_range *list;
	size_t n;

	faults.n = 0;
	enum err e = robots_file_read(text, (enum robot)1, fuzz_arena(), &list, &n, &faults);
	if (e == OK)
		list_is_sound(list, n);
	else
		CHECK(faults.n > 0 && err_class(e) == ERR_CLASS_INPUT);
}

/* --- a client's address ---------------------------------------------------------------------- */

static void network_is_short(struct str ip, const uint8_t whole[16], bool is4)
{
	BUF_ON(b, 64);
	uint8_t got[16];

	CHECK(network_format(ip, 24, 64, &b) == OK);
	struct str rest = buf_str(&b), address;
	char text[64];
	CHECK(str_cut(&rest, '/', &address) && str_is(rest, is4 ? "24" : "64"));
	CHECK(str_copy(address, text, sizeof text) == OK && bytes_of(text, got));
	CHECK(memcmp(got, whole, is4 ? 15 : 8) == 0);
	for (size_t i = is4 ? 15 : 8; i < 16; i++)
		CHECK(got[i] == 0);
}

static void address(struct str text)
{
	uint8_t whole[16];
	char c[64];
	BUF_ON(b, 64);
	BUF_ON(all, 256);
	struct robot_address r;

	bool fine = str_copy(text, c, sizeof c) == OK && bytes_of(c, whole) &&
		    text.n < INET6_ADDRSTRLEN;
	bool mapped = fine && memcmp(whole, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12) == 0;
	bool translated = fine && whole[12] != 127 &&
			  (memcmp(whole, "\0\x64\xff\x9b\0\0\0\0\0\0\0\0", 12) == 0 ||
				  memcmp(whole, "\0\0\0\0\0\0\0\0\xff\xff\0\0", 12) == 0);
	network_array(text, true, &all);
	CHECK(buf_done(&all) == OK && all.p[0] == '{' && all.p[all.n - 1] == '}');
	CHECK(str_is_word(buf_str(&all), "{}.:/,"));
	if (!fine) {
		CHECK(network_format(text, 24, 64, &b) == ERR_FIELD_BAD);
		CHECK(!network_is_own(text) && str_is(buf_str(&all), "{unknown}"));
		return;
	}
	if (translated) /* to the address that it stands for */
		memcpy(whole, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);
	network_is_short(text, whole, mapped || translated);
	CHECK(network_is_own(text) ==
		(mapped || translated ? whole[12] == 127 : memcmp(whole, &in6addr_loopback, 16) == 0));
	CHECK((all.n == 2) == network_is_own(text));
	/* what the other reader takes means the same */
	if (!translated && robot_address_parse(text, &r) == OK) {
		BUF_ON(name, 80);
		CHECK(memcmp(r.b, whole, 16) == 0 && robot_address_is_v4(&r) == mapped);
		robot_address_reverse(&r, &name);
		CHECK(buf_done(&name) == OK);
		CHECK(!robot_address_is_public(&r) || !network_is_own(text));
	}
}

/* A name belongs to a robot only when a suffix of its stands behind a dot. */
static void host(struct str name)
{
	for (enum robot r = ROBOT_NONE; r < ROBOT_N; r++) {
		struct str rest = str_c(robot_suffixes(r)), suffix, bare = name;
		bool behind = false;
		if (bare.n > 0 && bare.p[bare.n - 1] == '.')
			bare.n--;
		while (!behind && str_cut(&rest, ' ', &suffix))
			behind = suffix.n > 1 && suffix.p[0] == '.' && bare.n > suffix.n &&
				 str_eq_nocase((struct str){bare.p + bare.n - suffix.n, suffix.n},
					 suffix);
		bool owns = robot_owns_host(r, name);
		CHECK(!owns || (behind && bare.n <= ROBOT_HOST_MAX && str_is_word(bare, ".-_")));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = {(const char *)data + 1, size ? size - 1 : 0};

	if (size == 0)
		return 0;
	if (data[0] == 'f')
		file(text);
	else if (data[0] == 'a')
		address(text);
	else if (data[0] == 'h')
		host(text);
	return 0;
}
