// errors.mjs: the error bodies the provider answers with.

export class ApiError extends Error {
	// kept: the request began to execute, so its idempotency key keeps this answer
	constructor(status, type, message, { code, param, kept = false, extra } = {}) {
		super(message);
		this.status = status;
		this.kept = kept || status === 402 || status >= 500;
		this.error = { ...(code ? { code } : {}), message, ...(param ? { param } : {}), type, ...extra };
		if (code)
			this.error.doc_url = `https://stripe.com/docs/error-codes/${code.replaceAll('_', '-')}`;
	}
}

const INVALID = 'invalid_request_error';

export const bad = (message, param, code, kept) =>
	new ApiError(400, INVALID, message, { code, param, kept });

export const unknownParam = (param) =>
	bad(`Received unknown parameter: ${param}`, param, 'parameter_unknown');

export const missingParam = (param) =>
	bad(`Missing required param: ${param}.`, param, 'parameter_missing');

export const missing = (kind, id, param = 'id') =>
	new ApiError(404, INVALID, `No such ${kind}: '${id}'`, { code: 'resource_missing', param });

export const unrouted = (method, path) =>
	new ApiError(404, INVALID, `Unrecognized request URL (${method}: ${path}).`);

export const unauthorized = (message) => new ApiError(401, INVALID, message);

export const keyMismatch = (key) =>
	new ApiError(400, 'idempotency_error', 'Keys for idempotent requests can only be used with the '
		+ `same parameters they were first used with. Use another key than '${key}' if you meant `
		+ 'to send another request.');

export const keyInUse = (key) =>
	new ApiError(409, INVALID, 'There is currently another in-progress request using this '
		+ `idempotency key: ${key}`, { code: 'idempotency_key_in_use' });
