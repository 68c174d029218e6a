// key.js: the key under which a pledge is made once, however often it is sent.

export function fresh_key() {
	const bytes = crypto.getRandomValues(new Uint8Array(18));

	return btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_");
}
