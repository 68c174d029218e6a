/* app/migrate_lock.c: which tables a migration changes, read from its words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "app/migrate_lock.h"

static void tells(const char *sql, const char *want)
{
	BUF_ON(b, 1000);
	migrate_tables(&b, str_c(sql));
	assert_int_equal(buf_done(&b), OK);
	buf_byte(&b, '\0');
	assert_string_equal(b_mem, want);
}

static void test_words(void **state)
{
	(void)state;
	tells("ALTER TABLE pledged.site ADD COLUMN x text;", "('site',true)");
	tells("ALTER TABLE ONLY pledged.site;\nALTER TABLE IF EXISTS pledged.epoch",
		"('site',true),('epoch',true)");
	tells("DROP TABLE pledged.a; DROP TABLE IF EXISTS pledged.b_2;", "('a',true),('b_2',true)");
	tells("CREATE TRIGGER t AFTER INSERT ON pledged.ledger\nCREATE INDEX i "
	      "ON\n\tpledged.payment",
		"('ledger',false)");
	tells("CREATE INDEX i ON\npledged.payment (x)", "('payment',false)");
	tells("pledge_id uuid REFERENCES pledged.pledge, site REFERENCES pledged.site",
		"('pledge',false),('site',false)");
}

static void test_nothing(void **state)
{
	(void)state;
	tells("", "");
	tells("pledged.", "");
	tells("ALTER TABLE pledged.", "");
	tells("pledged.site", "");
	tells("SELECT FROM pledged.site; INSERT INTO pledged.epoch; CREATE TABLE pledged.x", "");
	tells("COMMENT ON COLUMN pledged.site.slug IS 'x'; HALTER TABLEpledged.site", "");
	tells("ALTER TABLE pledged.Site", "");
}

/* The text of a file ends where it ends. */
static void test_end(void **state)
{
	(void)state;
	static const char SQL[] = "ALTER TABLE pledged.sites";
	BUF_ON(b, 100);
	migrate_tables(&b, (struct str){SQL, sizeof SQL - 2});
	buf_byte(&b, '\0');
	assert_string_equal(b_mem, "('site',true)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
