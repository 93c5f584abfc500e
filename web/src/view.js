// A customer view: opened on a ticket, gone on with while it lasts, left. Its token lives shorter than the view and can't be refreshed.
import SESSION_REVOKE from './documents/session_revoke.graphql';
import SUPPORT_SESSION_OPEN from './documents/support_session_open.graphql';
import { text } from './language.js';
import { ask, Refused, serverNow } from './server.js';
import { set, state, subscribe } from './store.js';
import { diesIn, MARGIN, ownToken } from './tokens.js';

const VIEW_LIFE = 30 * 60_000;
const A_SECOND = 1000; // tokens die at whole seconds, so the last one of a view dies a moment before it

/** Looks at one customer, read-only and masked, for a ticket. A view of that ticket that is still open goes on and ends when it would have. */
export async function openView(ticketId, reason) {
  const { tokens, session: { id, ticket, createdAt } } = await askFor(ticketId, reason);
  const endsAt = new Date(Date.parse(createdAt) + VIEW_LIFE).toISOString();
  set({ view: { id, ticket, reason, tokens, endsAt } });
}

/** The access token of the open view, fresh. Raises Refused when the view is over: what was asked in it is never asked as oneself. */
export async function viewToken() {
  if (mayGoOn() && diesIn(state.view.tokens) < MARGIN / 2) await goOn();
  if (!state.view) throw new Refused(text('viewOver'));
  return state.view.tokens.accessToken;
}

/** Says that the view is over and returns to the own session. */
export const endView = () => set({ view: null, notice: text('viewOver') });

/** Ends the view here and on the server. */
export async function leaveView() {
  const { id } = state.view;
  set({ view: null });
  const notice = await revoke([id]);
  if (notice) set({ notice });
}

/** Ends these sessions, or the present one for null; returns what went wrong, in words. */
export async function revoke(sessionIds) {
  try {
    await ask(SESSION_REVOKE, { input: { sessionIds } }, await ownToken());
    return '';
  } catch (failure) {
    return failure.message;
  }
}

const askFor = async (ticketId, reason) => ask(SUPPORT_SESSION_OPEN, { input: { ticketId, reason } }, await ownToken());

const mayGoOn = () => serverNow() < Date.parse(state.view.endsAt) && Date.parse(state.view.tokens.accessExpiresAt) < Date.parse(state.view.endsAt) - A_SECOND;

let going = null;

/** Gets the view's next token; however many ask, one request is made, because each leaves an entry in the customer's trail. */
function goOn() {
  going ??= renew(state.view).finally(() => { going = null; });
  return going;
}

async function renew({ id, ticket, reason }) {
  let next;
  try {
    next = await askFor(ticket.id, reason);
  } catch (failure) {
    if (failure.code === 'STATE_CONFLICT') endView(); // the ticket was closed
    throw failure;
  }
  if (next.session.id === id && state.view?.id === id) {
    set({ view: { ...state.view, tokens: next.tokens }, notice: state.notice });
    return;
  }
  // The view was ended or left meanwhile and the server opened another one, which nobody asked for.
  await revoke([next.session.id]);
  if (state.view?.id === id) endView();
  throw new Refused(text('viewOver'));
}

let timers = [];

function schedule() {
  timers.forEach(clearTimeout);
  timers = [];
  if (!state.view) return;
  timers.push(setTimeout(endView, Math.max(Date.parse(state.view.endsAt) - serverNow(), 0)));
  if (mayGoOn()) timers.push(setTimeout(() => goOn().catch(() => {}), Math.max(diesIn(state.view.tokens) - MARGIN, 1000)));
}

subscribe(schedule);
schedule();
