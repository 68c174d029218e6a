// style.mjs: how the hosted page looks. Contrast and focus rings hold in light and dark.
export const STYLE = `:root {
	color-scheme: light dark;
	--ink: #1c2430; --soft: #4a5666; --paper: #f4f6f9; --card: #ffffff; --line: #8793a3;
	--main: #1f4fbf; --on-main: #ffffff; --warn: #9b1c1c; --warn-back: #fdecec; --note: #fff4cc;
}
@media (prefers-color-scheme: dark) {
	:root {
		--ink: #eef2f7; --soft: #b7c2d0; --paper: #141922; --card: #1d2430; --line: #7a8798;
		--main: #8fb2ff; --on-main: #0d1420; --warn: #ffb4b4; --warn-back: #3b1a1d; --note: #3a3213;
	}
}
* { box-sizing: border-box; }
body {
	margin: 0; min-height: 100vh; background: var(--paper); color: var(--ink);
	font: 1rem/1.5 system-ui, "Liberation Sans", sans-serif;
}
.label { margin: 0; padding: .6rem 1rem; background: var(--note); text-align: center; }
main {
	max-width: 27rem; margin: 2rem auto; padding: 1.5rem; background: var(--card);
	border-radius: .75rem; box-shadow: 0 1px 3px rgb(0 0 0 / .2);
}
h1 { margin: 0 0 .25rem; font-size: 1.15rem; font-weight: 600; overflow-wrap: anywhere; }
.amount { margin: 0 0 1.25rem; font-size: 2.2rem; font-weight: 700; line-height: 1.2; }
.amount span { font-size: 1rem; font-weight: 400; color: var(--soft); }
.problem {
	padding: .75rem; border-left: .25rem solid var(--warn); background: var(--warn-back);
	color: var(--warn);
}
form { display: grid; gap: .6rem; margin: 0 0 .6rem; }
label { font-weight: 600; }
input, button {
	width: 100%; min-height: 2.9rem; padding: .5rem .8rem; font: inherit; color: inherit;
	background: var(--card); border: 1px solid var(--line); border-radius: .4rem;
}
button { cursor: pointer; }
button.main {
	background: var(--main); border-color: var(--main); color: var(--on-main); font-weight: 600;
}
button.link { border: 0; text-decoration: underline; color: var(--soft); }
:focus-visible { outline: .2rem solid var(--main); outline-offset: .15rem; }
.other { margin: .8rem 0 0; color: var(--soft); font-size: .9rem; }
`;
