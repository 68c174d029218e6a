// load.js: our other files, of the same version as this one, which is in their names: each may be kept for ever.

export const load = (name) => import(new URL(`${name}.${VERSION}.js`, import.meta.url).href);
