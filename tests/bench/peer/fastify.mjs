import fastify from "fastify";

import { decide, serve } from "./decision.mjs";

const answer = { schema: { response: { 200: { type: "object", properties: {
	act: { type: "string" }, reason: { type: "string" }, articles: { type: "integer" }, pad: { type: "string" },
} } } } };

serve((socket, path) => {
	const app = fastify({ logger: false, keepAliveTimeout: 60000 });

	app.get(path, answer, (request, reply) => {
		reply.header("Cache-Control", "private, no-store");
		return decide(request.headers.cookie, request.query.a, request.query.s);
	});
	app.listen({ path: socket });
});
