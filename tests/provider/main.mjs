// main.mjs: starts the test provider. See README.md.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { createServer } from './http.mjs';
import { World } from './world.mjs';

const USAGE = `usage: node tests/provider/main.mjs --key KEY | --key-file FILE
	[--port N] [--public-url URL] [--ledger FILE] [--hold-ms N] [--retries MS,MS,...]
	[--webhook-url URL (--webhook-secret SECRET | --webhook-secret-file FILE)]...
	[--mollie-key KEY | --mollie-key-file FILE]
	[--webhook-events TYPE,TYPE,...] [--api-version VERSION] [--tls-cert FILE --tls-key FILE]
`;

const text = { type: 'string' };
const OPTIONS = {
	port: { ...text, default: '0' }, key: text, 'key-file': text, 'public-url': text, ledger: text,
	'hold-ms': text, 'api-version': text, 'mollie-key': text, 'mollie-key-file': text,
	retries: { ...text, default: '200,500,1000,2000,5000,5000,10000,10000,30000,30000' },
	'webhook-url': { ...text, multiple: true }, 'webhook-secret': { ...text, multiple: true },
	'webhook-secret-file': { ...text, multiple: true },
	'webhook-events': text, 'tls-cert': text, 'tls-key': text,
};

function stop(words)
{
	process.stderr.write(`provider: ${words}\n${USAGE}`);
	process.exit(78);
}

// Secrets: the words of a file's lines that are no comment.
const lines = (file) => readFileSync(file, 'utf8').split('\n').map((l) => l.trim())
	.filter((l) => l && !l.startsWith('#'));

function endpointsOf(options)
{
	const urls = options['webhook-url'] ?? [];
	const secrets = [
		...(options['webhook-secret'] ?? []).map((s) => s.split(',')),
		...(options['webhook-secret-file'] ?? []).map(lines),
	];
	if (urls.length !== secrets.length)
		stop('each --webhook-url needs its --webhook-secret or --webhook-secret-file');
	for (const url of urls)
		if (!/^http:\/\/(127\.\d+\.\d+\.\d+|localhost|\[::1\])[:/]/.test(url))
			stop(`a webhook goes to this machine only, not to ${url}`);
	const events = options['webhook-events']?.split(',').filter(Boolean);
	return urls.map((url, i) => ({ url, secrets: secrets[i], events }));
}

function tlsOf(options)
{
	const { 'tls-cert': cert, 'tls-key': key } = options;
	if (!cert !== !key)
		stop('--tls-cert and --tls-key belong together');
	return cert && { cert: readFileSync(cert), key: readFileSync(key) };
}

function readOptions()
{
	let options;
	try {
		options = parseArgs({ options: OPTIONS }).values;
	} catch (err) {
		stop(err.message);
	}
	const key = options.key ?? (options['key-file'] && lines(options['key-file'])[0]);
	if (!/^[sr]k_(test|live)_\w+$/.test(key ?? ''))
		stop('the key must look like sk_test_… or sk_live_…');
	const mollieKey = options['mollie-key'] ?? (options['mollie-key-file'] && lines(options['mollie-key-file'])[0]);
	if (mollieKey !== undefined && !/^(test|live)_\w+$/.test(mollieKey))
		stop('the key of Mollie must look like test_… or live_…');
	const retries = options.retries.split(',').filter(Boolean).map(Number);
	if (retries.some((ms) => !(ms >= 0)))
		stop('--retries takes milliseconds with commas between');
	return { ...options, key, mollieKey, retries, endpoints: endpointsOf(options),
		apiVersion: options['api-version'],
		holdMs: options['hold-ms'] === undefined ? undefined : Number(options['hold-ms']) };
}

const options = readOptions();
const world = new World({ ...options, publicUrl: undefined });
const tls = tlsOf(options);
const server = createServer(world, tls);

server.on('error', (err) => stop(err.message));
server.listen(Number(options.port), '127.0.0.1', () => {
	const url = `${tls ? 'https' : 'http'}://127.0.0.1:${server.address().port}`;
	world.publicUrl = (options['public-url'] ?? url).replace(/\/$/, '');
	world.webhooks.resume();
	process.stdout.write(`provider ready ${url}\n`);
});

setInterval(() => {
	world.step(() => world.sweep());
	world.commit();
}, 1000).unref();

for (const signal of ['SIGTERM', 'SIGINT'])
	process.on(signal, () => {
		world.ledger.close();
		process.exit(0);
	});
