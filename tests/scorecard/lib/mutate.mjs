// mutate.mjs: small changes of C source, each of which should be noticed by some test: the places where one fits, and the text with it.

// Comments, words in quotes and assertions are blanked, so that offsets stay as they are.
const blank = (text) => text.replace(/[^\n]/g, " ");
const bare = (text) => text.replace(/\/\*[\s\S]*?\*\/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])+'|\b(?:ASSERT|_Static_assert)\([\s\S]*?;|^[ \t]*#.*$/gm, blank);

const OTHER = { "<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==", "&&": "||", "||": "&&", "+": "-", "-": "+", "+=": "-=", "-=": "+=" };

// KINDS: what is looked for, and what stands there instead. The source is formatted, so an operator of two sides has blanks around it.
const KINDS = [
	[/(?<=[\w)\]] )(<=|>=|==|!=|&&|\|\||\+=|-=|[<>+-])(?=\s)/g, (was) => OTHER[was]],
	[/(?<![\w.\]])!(?=[a-z(])/g, () => ""],
	[/\b(?:true|false)\b/g, (was) => (was === "true" ? "false" : "true")],
	// the length of a buffer, and what fills nothing, are nothing that a test could see
	[/(?<![\w.'\\])(?<!\b(?:char|uint8_t) \w+\[)(?<!BUF_ON\(\w+, )(?<!\{)\d+(?![\w.'])/g, (was) => String(Number(was) + 1)],
	[/(?<=[;{)]\n\t+)[a-z_0-9]+\([^;{}]*\);(?=\n)/g, () => ";"],
	[/(?<=\n\t+if \()(?=[^\n]*\)\n)[^\n]*?(?=\)\n)/g, (was) => `!(${was})`],
];

// places: [{at, length, text, line, words}] in the functions of one file, in order.
export function places(text) {
	const plain = bare(text);
	const found = [];

	for (const body of plain.matchAll(/^\{\n[\s\S]*?^\}$/gm)) {
		for (const [pattern, instead] of KINDS) {
			for (const hit of body[0].matchAll(pattern)) {
				const at = body.index + hit.index;
				const was = text.slice(at, at + hit[0].length);
				const now = instead(was);
				const line = text.slice(0, at).split("\n").length;
				const show = (words) => words.replace(/\s+/g, " ").slice(0, 60);

				found.push({ at, length: was.length, text: now, line, words: `${show(was)} -> ${show(now) || "nothing"} in "${show(text.split("\n")[line - 1].trim())}"` });
			}
		}
	}
	return found.sort((a, b) => a.at - b.at);
}

export const change = (text, { at, length, text: now }) => text.slice(0, at) + now + text.slice(at + length);
