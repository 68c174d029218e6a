// certs.mjs: certificates for tests of https, made by openssl. None is ever trusted by the system.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const openssl = (...args) => execFileSync('openssl', args, { stdio: ['ignore', 'pipe', 'pipe'] });

const keyFor = (name) => ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes',
	'-keyout', name];

// The one way in which openssl 3.0 lets both dates be chosen.
const CONFIG = (dir) => `[ca]
default_ca = made
[made]
dir = ${dir}
database = $dir/index
new_certs_dir = $dir
serial = $dir/serial
certificate = $dir/ca.pem
private_key = $dir/ca.key
default_md = sha256
policy = any
copy_extensions = copy
[any]
commonName = supplied
`;

const stamp = (at) => new Date(at).toISOString().replace(/[-:T]|\.\d+/g, '');

// authority: an issuer in this folder; its certificate is ca.pem.
export function authority(dir)
{
	openssl('req', '-x509', ...keyFor(join(dir, 'ca.key')), '-out', join(dir, 'ca.pem'), '-days', '2',
		'-subj', '/CN=test issuer', '-addext', 'basicConstraints=critical,CA:TRUE');
	writeFileSync(join(dir, 'ca.conf'), CONFIG(dir));
	writeFileSync(join(dir, 'index'), '');
	writeFileSync(join(dir, 'index.attr'), 'unique_subject = no\n');
	writeFileSync(join(dir, 'serial'), '01\n');
	return readFileSync(join(dir, 'ca.pem'), 'utf8');
}

// certificate: one of that issuer for a name (DNS:… or IP:…), valid between two times in milliseconds.
export function certificate(dir, file, { name = 'IP:127.0.0.1', from, to } = {})
{
	const now = Date.now();
	const [key, request, cert] = ['key', 'csr', 'pem'].map((kind) => join(dir, `${file}.${kind}`));
	openssl('req', ...keyFor(key), '-out', request, '-subj', `/CN=${file}`,
		'-addext', `subjectAltName=${name}`);
	openssl('ca', '-batch', '-notext', '-config', join(dir, 'ca.conf'), '-in', request, '-out', cert,
		'-startdate', stamp(from ?? now - 3600000), '-enddate', stamp(to ?? now + 86400000));
	return { key, cert };
}
