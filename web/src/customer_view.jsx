// Support's look at one customer: opened on a ticket with a reason, shown by a banner for as long as it lasts.
import { useEffect, useState } from 'react';
import SUPPORT_TICKETS from './documents/support_tickets.graphql';
import { useAction } from './action.js';
import { Dialog } from './dialog.jsx';
import { useLanguage } from './language.js';
import { useSecondsUntil } from './proof.jsx';
import { session, useSession } from './session.js';

export function CustomerView() {
  const { text } = useLanguage();
  return <Dialog label={text('customerView')} hint={text('customerViewHint')}>{(close) => <OpenView onDone={close} />}</Dialog>;
}

function OpenView({ onDone }) {
  const { text } = useLanguage();
  const [search, setSearch] = useState('');
  const [tickets, setTickets] = useState(null);
  const [looking, { failure: notFound }] = useAction();
  const [opening, { busy, failure }] = useAction();

  useEffect(() => {
    let isWanted = true;
    const look = async () => {
      const { tickets: page } = await session.ask(SUPPORT_TICKETS, { search: search || null });
      if (isWanted) setTickets(page.edges.map(({ node }) => node));
    };
    const timer = setTimeout(() => looking(look), search ? 250 : 0);
    return () => { isWanted = false; clearTimeout(timer); };
  }, [search]);

  async function open(event) {
    event.preventDefault();
    const form = new FormData(event.target);
    if (await opening(() => session.openView(form.get('ticket'), form.get('reason').trim()))) onDone();
  }

  return (
    <form className="open-view" onSubmit={open}>
      <input type="search" name="search" value={search} onChange={(event) => setSearch(event.target.value)} placeholder={text('findTicket')} aria-label={text('findTicket')} />
      <div className="tickets" role="radiogroup" aria-label={text('ticket')}>
        {tickets?.map((ticket) => (
          <label key={ticket.id}>
            <input type="radio" name="ticket" value={ticket.id} required />
            <span><b dir="ltr">{ticket.number}</b> <bdi>{ticket.title}</bdi><small>{ticket.organization.name} · {text(ticket.state)}</small></span>
          </label>
        ))}
        {tickets?.length === 0 && <p>{text('noTicket')}</p>}
      </div>
      <label className="reason">{text('reason')}<input name="reason" required minLength={5} maxLength={500} placeholder={text('reasonHint')} /></label>
      {(failure || notFound) && <em role="alert">{failure || notFound}</em>}
      <button className="main" disabled={busy || !tickets?.length}>{text('openView')}</button>
    </form>
  );
}

export function ViewBanner() {
  const { text } = useLanguage();
  const { view: { ticket, endsAt } } = useSession();
  const minutes = Math.ceil(useSecondsUntil(endsAt) / 60);
  return (
    <div className="banner" role="status" data-test="banner">
      <b>{text('customerView')}</b>
      <span><bdi>{ticket.organization.name}</bdi> · <bdi>{ticket.number}</bdi> <bdi>{ticket.title}</bdi></span>
      <span>{text('viewRules', { minutes })}</span>
      <button type="button" onClick={() => session.leaveView()}>{text('leaveView')}</button>
    </div>
  );
}
