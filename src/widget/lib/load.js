// load.js: our other files, of the same version as this one.

export const load = (name) => import(new URL(`${name}.js?v=${VERSION}`, import.meta.url).href);
