<?php
// decide.php: the same view by PHP-FPM: one statement on a kept connection, a simple decision.
$db = new PDO($_SERVER['DSN'], 'peer', null, [PDO::ATTR_PERSISTENT => true, PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION,
	PDO::PGSQL_ATTR_DISABLE_PREPARES => true]); // prepared by PDO it would be two trips each time
$view = $db->prepare("INSERT INTO peer.reader AS r (reader_id, site_id, first_at, last_at, views, seen)
	VALUES (?, 1, now(), now(), 1, decode(?, 'hex'))
	ON CONFLICT (reader_id) DO UPDATE SET views = r.views + 1, last_at = now(),
		seen = substr(r.seen || excluded.seen, greatest(octet_length(r.seen) - 1991, 1))
	RETURNING encode(seen, 'hex')");
$today = intdiv(time(), 86400) - 10957;
$view->execute([$_COOKIE['reader'], sprintf('%04x%s', $today, substr(hash('fnv1a64', $_GET['a']), 0, 12))]);
$month = 0;
foreach (str_split($view->fetchColumn(), 16) as $entry) {
	$month += $today - hexdec(substr($entry, 0, 4)) < 30;
}
$body = json_encode(['act' => $_GET['s'] === 'opinion' && $month >= 2 ? 'prompt' : 'open', 'reason' => 'peer',
	'articles' => $month, 'pad' => str_repeat('0', 250)]);
header('Content-Type: application/json');
header('Cache-Control: private, no-store');
header('Content-Length: ' . strlen($body));
echo $body;
