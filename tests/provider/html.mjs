// html.mjs: what the pages share: a frame, safe text, redirects.
import { send } from './answers.mjs';

export const esc = (text) => String(text ?? '').replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

export const EVERY = { day: 'every day', week: 'every week', month: 'every month', year: 'every year' };

function layout(title, main)
{
	return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${esc(title)} · test provider</title>
<link rel="stylesheet" href="/c/pay.css">
</head>
<body>
<p class="label" role="note"><b>Test provider.</b> No real money moves here, and no card is asked for.</p>
<main>
${main}
</main>
</body>
</html>
`;
}

export function html(res, status, title, main, headers)
{
	send(res, { status, type: 'text/html; charset=utf-8', body: layout(title, main), headers: {
		'Content-Security-Policy': "default-src 'none'; style-src 'self'; frame-ancestors 'none'",
		'Referrer-Policy': 'no-referrer', 'X-Content-Type-Options': 'nosniff', ...headers,
	} });
}

export const redirect = (res, to) => send(res, { status: 303, body: '', headers: { Location: to } });

export const plain = (res, status, title, words) =>
	html(res, status, title, `<h1>${esc(title)}</h1>\n<p>${esc(words)}</p>`);
