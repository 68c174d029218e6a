// tap.mjs: a reporter for node:test whose TAP a prove can count: every test at any depth is one line,
// what a failure has to say goes to stderr, where prove shows it.

function words(error) {
	const cause = error?.cause ?? error;

	return String(cause?.stack ?? cause?.message ?? cause);
}

export default async function* tap(source) {
	const names = [];
	let n = 0;

	for await (const { type, data } of source) {
		if (type === "test:start") {
			names.length = data.nesting;
			names[data.nesting] = data.name;
		} else if (type === "test:pass" || type === "test:fail") {
			// A describe() is only a heading. A parent whose child failed fails with it: told once.
			const good = type === "test:pass";

			if (data.details?.type === "suite" || (!good && data.details?.error?.failureType === "subtestsFailed"))
				continue;
			const title = [...names.slice(0, data.nesting), data.name].join(" > ")
				.replace(/[#\n]/g, " ");
			const skip = data.skip !== undefined ? ` # SKIP ${data.skip === true ? "" : data.skip}` : "";
			const todo = data.todo !== undefined ? ` # TODO ${data.todo === true ? "" : data.todo}` : "";

			n += 1;
			yield `${good ? "ok" : "not ok"} ${n} - ${title}${skip}${todo}\n`;
			if (!good)
				process.stderr.write(`# ${title}\n${words(data.details?.error).replace(/^/gm, "#   ")}\n`);
		} else if (type === "test:diagnostic" && process.env.TAP_TALK) {
			yield `# ${data.message}\n`;
		}
	}
	yield `1..${n}\n`;
}
