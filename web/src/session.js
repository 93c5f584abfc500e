// Everything the page does as somebody: signs in and out, takes a token, proves again, and asks the server with the right bearer.
import { useSyncExternalStore } from 'react';
import SESSION_CREATE from './documents/session_create.graphql';
import SESSION_STEP_UP from './documents/session_step_up.graphql';
import WHO_AM_I from './documents/who_am_i.graphql';
import { editorStorage } from './editor_storage.js';
import { text } from './language.js';
import { ask, Refused, send } from './server.js';
import { KEY, NOBODY, set, state, subscribe } from './store.js';
import { ownToken, refresh } from './tokens.js';
import { endView, leaveView, openView, revoke, viewToken } from './view.js';

async function token() {
  if (state.view) return viewToken();
  return state.own ? ownToken() : state.apiToken;
}

async function isUnauthenticated(response) {
  if (response.status === 401) return true;
  if (!response.headers.get('content-type')?.includes('json')) return false;
  const { errors } = await response.clone().json();
  return Boolean(errors?.some((error) => error.extensions?.code === 'UNAUTHENTICATED'));
}

export const session = {
  openView,
  leaveView,

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
    if (used === state.view?.tokens.accessToken) endView();
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

/** A duplicated tab brings a copy of the tokens with it; two tabs refreshing one session would end it, so the copy forgets them. */
function holdTab() {
  if (!state.own || !navigator.locks) return;
  const forever = () => new Promise(() => {});
  navigator.locks.request(`${KEY}:${state.tab}`, { signal: AbortSignal.timeout(2000) }, forever)
    .catch(() => set({ ...NOBODY, notice: text('copiedTab') }));
}

holdTab();

/** The session's state for a component. */
export const useSession = () => useSyncExternalStore(subscribe, () => state);
