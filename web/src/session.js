// The session of this browser tab: whose it is, its tokens, and keeping them fresh. Kept in sessionStorage and nowhere else.
import { useSyncExternalStore } from 'react';
import SESSION_CREATE from './documents/session_create.graphql';
import SESSION_REFRESH from './documents/session_refresh.graphql';
import SESSION_REVOKE from './documents/session_revoke.graphql';
import SESSION_STEP_UP from './documents/session_step_up.graphql';
import SUPPORT_SESSION_OPEN from './documents/support_session_open.graphql';
import WHO_AM_I from './documents/who_am_i.graphql';
import { editorStorage } from './editor_storage.js';
import { text } from './language.js';
import { ask, Refused, send, serverNow } from './server.js';

const KEY = 'simurgh:session';
const MARGIN = 60_000;
/**
 * tab: name of the tab that signed in · identity: as typed at sign-in, where the codes of a step-up go
 * own: token pair of the person · apiToken: pasted instead · who: viewer that the tokens belong to
 * view: {tokens, id, ticket} of an open customer view · notice: one sentence to show, not kept
 * Beside these, signOuts: how many this page has seen, so that the next person meets an empty editor.
 */
const NOBODY = { tab: '', identity: '', own: null, apiToken: null, who: null, view: null, notice: '' };

const listeners = new Set();
let state = { ...NOBODY, signOuts: 0, ...JSON.parse(sessionStorage.getItem(KEY) ?? '{}') };
let refreshing = null;
let timers = [];

function set(change) {
  state = { ...state, notice: '', ...change };
  const { notice, signOuts, ...kept } = state;
  if (kept.own || kept.apiToken) sessionStorage.setItem(KEY, JSON.stringify(kept));
  else sessionStorage.removeItem(KEY);
  schedule();
  listeners.forEach((tell) => tell());
}

const diesIn = (tokens) => Date.parse(tokens.accessExpiresAt) - serverNow();

function schedule() {
  timers.forEach(clearTimeout);
  timers = [];
  if (state.own) timers.push(setTimeout(() => refresh().catch(() => {}), Math.max(diesIn(state.own) - MARGIN, 1000)));
  if (state.view) timers.push(setTimeout(() => set({ view: null, notice: text('viewOver') }), Math.max(diesIn(state.view.tokens), 0)));
}

/** Changes the refresh token for a new pair; however many ask, one request is made, because a token used twice ends the session. */
function refresh() {
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

/** The person's own access token, fresh. */
async function ownToken() {
  if (diesIn(state.own) < MARGIN / 2) await refresh();
  return state.own?.accessToken;
}

async function token() {
  if (state.view) return state.view.tokens.accessToken;
  return state.own ? ownToken() : state.apiToken;
}

async function isUnauthenticated(response) {
  if (response.status === 401) return true;
  if (!response.headers.get('content-type')?.includes('json')) return false;
  const { errors } = await response.clone().json();
  return Boolean(errors?.some((error) => error.extensions?.code === 'UNAUTHENTICATED'));
}

export const session = {
  get state() { return state; },

  subscribe(listener) {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },

  /** A bearer token for a websocket. */
  token,

  dismissNotice: () => set({}),

  /** `fetch` for the explorer: with the session's token, and once more with a new one when the server no longer knows it. */
  async fetch(url, init) {
    if (new Headers(init.headers).has('authorization')) return send(url, init); // typed into the headers editor
    const isOwn = Boolean(state.own) && !state.view;
    const used = await token();
    const response = await send(url, init, used);
    if (!used || !await isUnauthenticated(response)) return response;
    // What was asked in a customer's view is never asked again as oneself.
    if (used === state.view?.tokens.accessToken) set({ view: null, notice: text('viewOver') });
    if (!isOwn) return response;
    if (used === state.own?.accessToken) await refresh();
    return send(url, init, state.own?.accessToken);
  },

  /** Signs in with a proof (ProofInput). */
  async signIn(proof, identity) {
    const { tokens, viewer } = await ask(SESSION_CREATE, { input: { proof } });
    set({ ...NOBODY, tab: `${Date.now()}-${Math.random()}`, identity, own: tokens, who: viewer });
    holdTab();
  },

  /** Takes a partner's API token instead of a person's session, once the server has said whose it is. */
  async useApiToken(apiToken) {
    const who = await ask(WHO_AM_I, {}, apiToken);
    if (!who) throw new Refused(text('tokenUnknown'));
    set({ ...NOBODY, apiToken, who });
  },

  /** Proves identity again; what asked for it can then be run. */
  async stepUp(proof) {
    await ask(SESSION_STEP_UP, { input: { proof } }, await ownToken());
    set({ notice: text('proven') });
  },

  /** Looks at one customer, read-only and masked, for a ticket. */
  async openView(ticketId, reason) {
    const { tokens, session: { id, ticket } } = await ask(SUPPORT_SESSION_OPEN, { input: { ticketId, reason } }, await ownToken());
    set({ view: { tokens, id, ticket } });
  },

  /** Ends the customer view and returns to the own session. */
  async leaveView() {
    const { id } = state.view;
    set({ view: null });
    const notice = await revoke([id]);
    if (notice) set({ notice });
  },

  /** Ends the session here and on the server, and empties the editor: answers name customers. */
  async signOut() {
    const { own, view } = state;
    const notice = (view && await revoke([view.id])) || (own && await revoke(null)) || '';
    editorStorage.clear();
    set({ ...NOBODY, notice, signOuts: state.signOuts + 1 });
  },

  /** Runs a document as the person, also while a customer view is open. */
  async ask(document, variables) {
    return ask(document, variables, await ownToken());
  },
};

/** Ends these sessions, or the present one for null; returns what went wrong, in words. */
async function revoke(sessionIds) {
  try {
    await ask(SESSION_REVOKE, { input: { sessionIds } }, await ownToken());
    return '';
  } catch (failure) {
    return failure.message;
  }
}

/** A duplicated tab brings a copy of the tokens with it; two tabs refreshing one session would end it, so the copy forgets them. */
function holdTab() {
  if (!state.own || !navigator.locks) return;
  const forever = () => new Promise(() => {});
  navigator.locks.request(`${KEY}:${state.tab}`, { signal: AbortSignal.timeout(2000) }, forever)
    .catch(() => set({ ...NOBODY, notice: text('copiedTab') }));
}

schedule();
holdTab();

/** The session's state for a component. */
export const useSession = () => useSyncExternalStore(session.subscribe, () => state);
