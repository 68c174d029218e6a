-- A full list of marks: the oldest goes, what the reader said last stays.
BEGIN;
\ir fixture.psql
SELECT plan(14);

-- A mark: decision, kind (1 shown, 3 closed, 6 never, 8 walled), cap, at.
CREATE FUNCTION pg_temp.mark(p_decision integer, p_kind integer, p_cap integer, p_at integer) RETURNS bytea LANGUAGE sql AS $$
	SELECT decode(lpad(to_hex(p_decision), 8, '0') || '00000005' || lpad(to_hex(p_kind), 2, '0') || '00' || lpad(to_hex(p_cap), 4, '0')
		|| lpad(to_hex(p_at), 8, '0'), 'hex')
$$;
-- So many shown ones, from a number on; the number is decision and time.
CREATE FUNCTION pg_temp.shown(p_from integer, p_n integer) RETURNS bytea LANGUAGE sql AS $$
	SELECT coalesce(string_agg(pg_temp.mark(i, 1, 7, i), ''::bytea ORDER BY i), '') FROM generate_series(p_from, p_from + p_n - 1) i
$$;
CREATE FUNCTION pg_temp.add(p_marks bytea) RETURNS bytea LANGUAGE sql AS $$ SELECT pledged.mark_add(p_marks, pg_temp.mark(999, 1, 7, 999)) $$;
\set new 'pg_temp.mark(999, 1, 7, 999)'

SELECT is(pg_temp.add(''), :new, 'the first mark');
SELECT is(pg_temp.add(pg_temp.shown(1, 119)), pg_temp.shown(1, 119) || :new, 'the last that has room');
SELECT is(octet_length(pg_temp.add(pg_temp.shown(1, 120))), 1920, 'a full list stays full');
SELECT is(pg_temp.add(pg_temp.shown(1, 120)), pg_temp.shown(2, 119) || :new, 'and its oldest mark goes');
SELECT is(pg_temp.add(pg_temp.mark(1, 6, 7, 1) || pg_temp.shown(2, 119)), pg_temp.mark(1, 6, 7, 1) || pg_temp.shown(3, 118) || :new,
	'a never stays; the oldest prompt goes');
SELECT is(pg_temp.add(pg_temp.mark(1, 3, 7, 1) || pg_temp.shown(2, 118) || pg_temp.mark(120, 3, 7, 120)),
	pg_temp.shown(2, 118) || pg_temp.mark(120, 3, 7, 120) || :new, 'a word goes when there is a later one');
SELECT is(pg_temp.add(pg_temp.mark(1, 3, 7, 1) || pg_temp.shown(2, 118) || pg_temp.mark(120, 3, 8, 120)),
	pg_temp.mark(1, 3, 7, 1) || pg_temp.shown(3, 117) || pg_temp.mark(120, 3, 8, 120) || :new, 'one for another cap is no later one');
SELECT is(pg_temp.add(pg_temp.mark(1, 3, 7, 1) || pg_temp.shown(2, 118) || pg_temp.mark(120, 4, 7, 120)),
	pg_temp.mark(1, 3, 7, 1) || pg_temp.shown(3, 117) || pg_temp.mark(120, 4, 7, 120) || :new, 'nor is another word');
SELECT is(pg_temp.add(pg_temp.mark(1, 3, 7, 500) || pg_temp.shown(2, 118) || pg_temp.mark(120, 3, 7, 120)),
	pg_temp.mark(1, 3, 7, 500) || pg_temp.shown(3, 117) || pg_temp.mark(120, 3, 7, 120) || :new,
	'nor one that a clock that stepped back calls earlier');
SELECT is(pg_temp.add(pg_temp.mark(1, 3, 7, 1) || pg_temp.shown(2, 118) || pg_temp.mark(120, 3, 7, 1)),
	pg_temp.shown(2, 118) || pg_temp.mark(120, 3, 7, 1) || :new, 'of two at one time the second is later');
SELECT is(substr(pg_temp.add((SELECT string_agg(pg_temp.mark(i, 3, i, i), ''::bytea ORDER BY i) FROM generate_series(1, 120) i)), 1, 16),
	pg_temp.mark(2, 3, 2, 2), 'of nothing but words the oldest goes');

-- by way of a page view
INSERT INTO pledged.reader (reader_id, site_id, first_at, last_at, seen, views, marks)
VALUES (pg_temp.rid(1), 901, pg_temp.t0(), pg_temp.t0(), '', 0, pg_temp.mark(1, 6, 7, 1) || pg_temp.shown(2, 119));
CREATE FUNCTION pg_temp.batch(p_mark bytea) RETURNS TABLE (version integer, marks bytea) LANGUAGE sql AS $$
	SELECT version, marks FROM pledged.view_batch(ARRAY[pg_temp.rid(1)], ARRAY[901::smallint], ARRAY[pg_temp.t0()], ARRAY[pg_temp.t0()],
		ARRAY[''::bytea], ARRAY[p_mark], ARRAY[-1], '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', 1, 1, NULL,
		pg_temp.t0(), false) WHERE reader_id IS NOT NULL
$$;
SELECT is((SELECT marks FROM pg_temp.batch(:new)), pg_temp.mark(1, 6, 7, 1) || pg_temp.shown(3, 118) || :new, 'a page view keeps the never');
SELECT is((SELECT version FROM pg_temp.batch(:new)), 1, 'the same mark again changes nothing');
SELECT is((SELECT count(*) FROM pledged.reader_mark WHERE reader_id = pg_temp.rid(1) AND kind = 'never'), 1::bigint, 'and the never is seen');

SELECT * FROM finish();
ROLLBACK;
