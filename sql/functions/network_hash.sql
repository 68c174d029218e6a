-- network_hash: what stands for the network that somebody asked from, in the columns by which links and reminders are limited: a keyed
-- hash, written as an address of fd00::/8, which nobody comes from, since these columns hold addresses. Of a site, as limit_hash is.
-- Internal; reads site.
CREATE OR REPLACE FUNCTION pledged.network_hash(p_site smallint, p_network text) RETURNS cidr
LANGUAGE sql STABLE STRICT SET search_path = pledged, pg_temp AS $$
	SELECT regexp_replace('fd' || left(encode(limit_hash(p_site, 'asked from ' || p_network::cidr), 'hex'), 30), '(....)(?=.)', '\1:', 'g')::cidr
$$;
COMMENT ON FUNCTION pledged.network_hash(smallint, text) IS 'Keyed hash of the network that somebody asked from, as an address that no network has.';
REVOKE ALL ON FUNCTION pledged.network_hash(smallint, text) FROM PUBLIC;
-- Releases before stored the network itself.
COMMENT ON COLUMN pledged.reader_link_token.network IS 'Where it was asked from (/24 or /64), for the limit: its keyed hash, by network_hash. [personal]';
COMMENT ON COLUMN pledged.manage_token.network IS 'Where it was asked from (/24 or /64), for the limit: its keyed hash, by network_hash. [personal]';
COMMENT ON COLUMN pledged.remind.network IS 'Where it was asked from (/24 or /64), for the limit: its keyed hash, by network_hash; null after a day. [personal]';
