import express from "express";

import { decide, serve } from "./decision.mjs";

const app = express();

app.disable("x-powered-by");
app.disable("etag");
app.get("/express", (request, response, next) => {
	decide(request.headers.cookie, request.query.a, request.query.s).then((answer) => {
		response.set("Cache-Control", "private, no-store").json(answer);
	}, next);
});
serve((path) => {
	app.listen(path).keepAliveTimeout = 60000;
});
