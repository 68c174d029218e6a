import fastify from "fastify";

import { decide, serve } from "./decision.mjs";

const app = fastify({ logger: false, keepAliveTimeout: 60000 });
const answer = { schema: { response: { 200: { type: "object", properties: {
	act: { type: "string" }, reason: { type: "string" }, articles: { type: "integer" }, pad: { type: "string" },
} } } } };

app.get("/fastify", answer, (request, reply) => {
	reply.header("Cache-Control", "private, no-store");
	return decide(request.headers.cookie, request.query.a, request.query.s);
});
serve((path) => app.listen({ path }));
