-- wish_policy: refunds that are asked for by rule, where the operator has switched that on: see wish_by_rule.
-- Tables: as wish_put, a pledge at a time in the order of ids (pledge, payment, refund, dispute, fraud_warning, wish read).
-- What the rules say is asked again under the pledge's lock, since somebody else may have given money back meanwhile; and for
-- duplicates once more after the refunds for fraud: else both payments would go. Gives how many were asked for.
CREATE OR REPLACE FUNCTION pledged.wish_policy(p_duplicates boolean, p_fraud boolean, p_now timestamptz)
RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = pledged, pg_temp AS $$
DECLARE
	v_pledge uuid;
	v_fraud boolean;
	v_x record;
	v_n integer := 0;
BEGIN
	FOR v_pledge IN SELECT DISTINCT r.pledge FROM wish_by_rule(p_duplicates, p_fraud, NULL) r ORDER BY 1 LOOP
		PERFORM FROM pledge WHERE pledge_id = v_pledge FOR UPDATE;
		FOREACH v_fraud IN ARRAY ARRAY[true, false] LOOP
			FOR v_x IN SELECT * FROM wish_by_rule(p_duplicates AND NOT v_fraud, p_fraud AND v_fraud, v_pledge) LOOP
				v_n := v_n + (SELECT (w.outcome = 'asked')::integer FROM wish_put(md5(v_x.key)::uuid, v_pledge,
					'refund', v_x.payment, NULL, NULL, NULL, NULL, NULL, v_x.reason, 'clerk', v_x.key, p_now) w);
			END LOOP;
		END LOOP;
	END LOOP;
	RETURN v_n;
END $$;
COMMENT ON FUNCTION pledged.wish_policy(boolean, boolean, timestamptz) IS 'Asks for the refunds that the operator wants by rule.';
REVOKE ALL ON FUNCTION pledged.wish_policy(boolean, boolean, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pledged.wish_policy(boolean, boolean, timestamptz) TO pledged_clerk;
