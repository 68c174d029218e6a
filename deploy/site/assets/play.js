// play.js: asks again whenever something is changed. Without it the form does the same by its button.

const form = document.querySelector(".play-form");
const WAIT_MS = 250;
let timer, running;

// ask: the page itself, read as a document: it holds the answer. Nothing of it is run.
function ask() {
	const address = `/play/?${new URLSearchParams(new FormData(form))}`;
	const request = new XMLHttpRequest();

	running?.abort();
	running = request;
	request.open("GET", address);
	request.responseType = "document";
	request.onload = () => {
		const answer = request.response?.getElementById("answer");

		if (request.status !== 200 || !answer)
			return;
		document.getElementById("answer").replaceChildren(...document.adoptNode(answer).childNodes);
		document.querySelector(".play-said").textContent = document.querySelector("#answer .explain-act")?.textContent ?? "";
		history.replaceState(history.state, "", address);
	};
	request.send();
}

form.addEventListener("input", () => {
	clearTimeout(timer);
	if (form.checkValidity())
		timer = setTimeout(ask, WAIT_MS);
});
