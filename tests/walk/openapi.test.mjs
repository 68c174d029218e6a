// The goal: conf/openapi.yaml tells the truth: every example request in it is sent to a running service,
// and every JSON answer has the shape that its schema says.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import Ajv from "ajv/dist/2020.js";
import { parse } from "yaml";

import { root, stack } from "./lib/stack.mjs";

const next = new Date(Date.now() + 2 * 86400_000); // on the last days of a month the one after the next
const month = new Date(Date.UTC(next.getUTCFullYear(), next.getUTCMonth() + 1)).toISOString().slice(0, 7);
const api = parse(readFileSync(join(root, "conf/openapi.yaml"), "utf8").replaceAll("{NEXT_MONTH}", month));
const ajv = new Ajv({ strict: false, allErrors: true });
const s = await stack({ name: "openapi", views: 1, moneys: 2 });

ajv.addSchema(api, "api");

const examples = Object.entries(api.paths).flatMap(([path, verbs]) => Object.entries(verbs).flatMap(([verb, op]) =>
	(op["x-example"] ?? []).map((example) => ({ path, verb, op, example }))));

// The schema of an answer, if it is JSON.
function schema_of(op, status, type) {
	const answer = op.responses[String(status)];
	const content = (answer?.$ref ? api.components.responses[answer.$ref.split("/").pop()] : answer)?.content ?? {};

	return content[type]?.schema;
}

function check_shape(op, response, type) {
	const schema = schema_of(op, response.status, type);

	if (schema) {
		const fine = ajv.validate(schema.$ref ? { $ref: `api${schema.$ref}` } : schema, JSON.parse(response.text));

		assert.ok(fine, ajv.errorsText());
	}
}

async function send(example) {
	const [method, path] = example.request.split(" ");
	const headers = { origin: example.origin ?? s.url };

	if (example.json) {
		headers["content-type"] = "application/json";
		return s.request(path, { method, headers, body: JSON.stringify(example.json) });
	}
	return s.request(path, { method, headers, form: example.form });
}

test("every operation has an example", () => {
	const bare = Object.entries(api.paths).flatMap(([path, verbs]) => Object.entries(verbs)
		.filter(([, op]) => !op["x-example"]?.length).map(([verb]) => `${verb} ${path}`));

	assert.deepEqual(bare, []);
});

for (const { op, example } of examples) {
	test(`${example.request} ${JSON.stringify(example.json ?? example.form ?? "")} → ${example.status} ${example.slug ?? ""}`, async () => {
		const response = await send(example);
		const type = (response.headers["content-type"] ?? "").split(";")[0];

		assert.equal(response.status, example.status, response.text);
		if (example.slug) {
			assert.equal(type, "application/problem+json");
			assert.equal(JSON.parse(response.text).type, `urn:pledged:problem:${example.slug}`);
		}
		if (example.member)
			assert.equal(JSON.parse(response.text)[example.member], example.value);
		if (example.holds !== undefined)
			assert.ok(example.holds === "" ? response.text === "" : response.text.includes(example.holds), response.text);
		if (/json$/.test(type))
			check_shape(op, response, type);
	});
}

test("invariants", () => s.invariants());
