// currency.mjs: what may be charged. Figures are minor units.
import { bad } from './errors.mjs';

const ZERO = new Set(('bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf').split(' '));
const THREE = new Set('bhd jod kwd omr tnd'.split(' '));
const WHOLE = new Set('isk ugx'.split(' '));

const FLOOR = {
	usd: 50, aed: 200, aud: 50, bgn: 100, brl: 50, cad: 50, chf: 50, czk: 1500, dkk: 250, eur: 50,
	gbp: 30, hkd: 400, huf: 17500, inr: 50, jpy: 50, mxn: 1000, myr: 200, nok: 300, nzd: 50,
	pln: 200, ron: 200, sek: 300, sgd: 50, thb: 1000,
};

const OTHER = ('afn all amd ang aoa ars awg azn bam bbd bdt bmd bnd bob bsd bwp byn bzd cdf cny cop '
	+ 'crc cve dop dzd egp etb fjd fkp gel gip gmd gtq gyd hnl htg idr ils jmd kes kgs khr kyd kzt '
	+ 'lak lbp lkr lrd lsl mad mdl mkd mmk mnt mop mur mvr mwk mzn nad ngn nio npr pab pen pgk php '
	+ 'pkr qar rsd rub sar sbd scr shp sle sos srd szl tjs top try ttd twd tzs uah uyu uzs wst xcd '
	+ 'yer zar zmw').split(' ');

const KNOWN = new Set([...ZERO, ...THREE, ...WHOLE, ...Object.keys(FLOOR), ...OTHER]);

const floorOf = (currency) => FLOOR[currency] ?? (THREE.has(currency) ? 100 : 50);

const ceilingOf = (currency) =>
	({ inr: 999999999, idr: 999999999999, cop: 9999999999, huf: 9999999999, jpy: 999999999999,
		lbp: 999999999999 })[currency] ?? 99999999;

// Stricter than the provider, which also takes upper case: our own requests never send it.
export const currency = (value, path) => {
	if (!KNOWN.has(value))
		throw bad(`Invalid currency: ${value}`, path);
	return value;
};

export const exponent = (cur) => (ZERO.has(cur) ? 0 : THREE.has(cur) ? 3 : 2);

export function checkAmount(amount, cur, path)
{
	if (amount < floorOf(cur))
		throw bad(`The total amount due must add up to at least ${format(floorOf(cur), cur)}.`, path,
			'amount_too_small');
	if (amount > ceilingOf(cur))
		throw bad(`The total amount due must be no more than ${format(ceilingOf(cur), cur)}.`, path,
			'amount_too_large');
	if (THREE.has(cur) && amount % 10)
		throw bad(`Invalid amount: in ${cur} the last digit must be 0.`, path);
	if (WHOLE.has(cur) && amount % 100)
		throw bad(`Invalid amount: in ${cur} the last two digits must be 00.`, path);
}

export function format(amount, cur)
{
	const exp = exponent(cur);
	const digits = String(amount).padStart(exp + 1, '0');
	const cut = digits.length - exp;
	const major = digits.slice(0, cut).replace(/\B(?=(\d{3})+$)/g, ',');
	return `${major}${exp ? `.${digits.slice(cut)}` : ''} ${cur.toUpperCase()}`;
}
