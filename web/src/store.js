// What this browser tab knows of who is asking; kept in sessionStorage and nowhere else.

export const KEY = 'simurgh:session';
/**
 * tab: name of the tab that signed in · identity: as typed at sign-in, where the codes of a step-up go
 * own: token pair of the person · apiToken: pasted instead · who: viewer that the tokens belong to
 * view: {id, ticket, reason, tokens, endsAt} of an open customer view · notice: one sentence to show, not kept
 * Beside these, signOuts: how many this page has seen, so that the next person meets an empty editor.
 */
export const NOBODY = { tab: '', identity: '', own: null, apiToken: null, who: null, view: null, notice: '' };

const listeners = new Set();
export let state = { ...NOBODY, signOuts: 0, ...JSON.parse(sessionStorage.getItem(KEY) ?? '{}') };

/** Changes some of the state, drops the notice unless the change has one, and tells whoever listens. */
export function set(change) {
  state = { ...state, notice: '', ...change };
  const { notice, signOuts, ...kept } = state;
  if (kept.own || kept.apiToken) sessionStorage.setItem(KEY, JSON.stringify(kept));
  else sessionStorage.removeItem(KEY);
  listeners.forEach((tell) => tell());
}

/** Calls `listener` after every change; returns what ends that. */
export function subscribe(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
