import express from "express";

import { decide, serve } from "./decision.mjs";

serve((socket, path) => {
	const app = express();

	app.disable("x-powered-by");
	app.disable("etag");
	app.get(path, (request, response, next) => {
		decide(request.headers.cookie, request.query.a, request.query.s).then((answer) => {
			response.set("Cache-Control", "private, no-store").json(answer);
		}, next);
	});
	app.listen(socket).keepAliveTimeout = 60000;
});
