// key.js: the key under which a pledge is made once, however often it is sent. That of a form goes with the content:
// the service makes of each gift one pledge, and another one when that is over.

const FORM = "form-";

export const of_form = (key) => key.startsWith(FORM);

export function fresh_key() {
	const bytes = crypto.getRandomValues(new Uint8Array(18));

	return FORM + btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_");
}
