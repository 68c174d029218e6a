-- sql/seed/demo.sql: the site of the demo. Safe to run again. Campaigns come from conf/campaigns with `pledgectl campaign apply`.
INSERT INTO pledged.site (site_id, slug, name, time_zone, currency, locale, more_locales, gift_label, thanks_path, cancel_path) VALUES
	(1, 'demo', 'The Halvik Courier', 'Europe/Riga', 'EUR', 'en', '{ru}', 'Support for The Halvik Courier', '/thanks/', '/contribute/')
ON CONFLICT (site_id) DO NOTHING;
INSERT INTO pledged.site_host (host, site_id, is_mirror) VALUES
	('127.0.0.1', 1, false), ('localhost', 1, false), ('mirror.localhost', 1, true)
ON CONFLICT (host) DO NOTHING;
