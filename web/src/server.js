// Asks the GraphQL endpoint for what the bar itself needs, and turns every failure into one sentence.
import { config } from './config.js';
import { language, text } from './language.js';

let clockOffset = 0;

/** The server's time in milliseconds, as far as its answers have told; this machine's clock may be wrong. */
export const serverNow = () => Date.now() + clockOffset;

/** A refusal in words; `code` for programs, `payload` the refusing type when the refusal was data. */
export class Refused extends Error {
  constructor(message, { code, payload } = {}) {
    super(message);
    this.code = code;
    this.payload = payload;
  }
}

/** Sends a request with the language of the page and, where there is one, a bearer token. */
export async function send(url, init, token) {
  const headers = new Headers(init.headers);
  headers.set('accept-language', language());
  if (token && !headers.has('authorization')) headers.set('authorization', `Bearer ${token}`);
  const response = await fetch(url, { ...init, headers, credentials: 'omit' });
  const told = Date.parse(response.headers.get('date'));
  if (!Number.isNaN(told)) clockOffset = told - Date.now();
  return response;
}

/** Runs a document with one root field and returns that field; raises Refused for a failure of any kind. */
export async function ask(document, variables, token) {
  const answer = await exchange(document, variables, token);
  const error = answer.errors?.[0];
  const payload = Object.values(answer.data ?? {})[0];
  if (error && !payload) throw new Refused(error.message, { code: error.extensions?.code });
  if (payload?.code) throw new Refused(payload.message, { code: payload.code, payload });
  return payload;
}

async function exchange(document, variables, token) {
  const init = {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json, application/json;q=0.9' },
    body: JSON.stringify({ query: document, variables }),
  };
  try {
    return await (await send(config.endpoint, init, token)).json();
  } catch {
    throw new Refused(text('noAnswer'));
  }
}
