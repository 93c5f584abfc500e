// The person's own tokens, renewed before they die.
import SESSION_REFRESH from './documents/session_refresh.graphql';
import { text } from './language.js';
import { ask, serverNow } from './server.js';
import { NOBODY, set, state, subscribe } from './store.js';

/** How long before its death a token is renewed by itself; a request that comes later than half of that waits for the new one. */
export const MARGIN = 60_000;

/** Milliseconds that an access token still lives. */
export const diesIn = (tokens) => Date.parse(tokens.accessExpiresAt) - serverNow();

let refreshing = null;

/** The person's own access token, fresh. */
export async function ownToken() {
  if (refreshing || diesIn(state.own) < MARGIN / 2) await refresh();
  return state.own?.accessToken;
}

/** Changes the refresh token for a new pair; however many ask, one request is made, because a token used twice ends the session. */
export function refresh() {
  refreshing ??= renew().finally(() => { refreshing = null; });
  return refreshing;
}

async function renew() {
  try {
    const { tokens } = await ask(SESSION_REFRESH, { input: { refreshToken: state.own.refreshToken } });
    if (state.own) set({ own: tokens, notice: state.notice });
  } catch (failure) {
    // Only a refusal of the token itself ends the session; a busy or silent server doesn't.
    if (failure.payload) set({ ...NOBODY, notice: text('sessionEnded') });
    throw failure;
  }
}

let timer;

function schedule() {
  clearTimeout(timer);
  if (state.own) timer = setTimeout(() => refresh().catch(() => {}), Math.max(diesIn(state.own) - MARGIN, 1000));
}

subscribe(schedule);
schedule();
