// The way in: a person by code, a partner by an API token.
import { useState } from 'react';
import { useAction } from './action.js';
import { useLanguage } from './language.js';
import { Proof } from './proof.jsx';
import { session } from './session.js';

export function SignIn() {
  const { text } = useLanguage();
  const [asPartner, setAsPartner] = useState(false);
  return (
    <>
      {asPartner ? <TokenForm /> : <Proof prove={session.signIn} submit="signIn" />}
      <button type="button" className="quiet" onClick={() => setAsPartner(!asPartner)}>{text(asPartner ? 'asPerson' : 'asPartner')}</button>
    </>
  );
}

function TokenForm() {
  const { text } = useLanguage();
  const [run, { busy, failure }] = useAction();

  function use(event) {
    event.preventDefault();
    const token = new FormData(event.target).get('token').trim();
    run(() => session.useApiToken(token));
  }

  return (
    <form className="proof" onSubmit={use}>
      <input
        name="token" type="password" className="token" dir="ltr" required autoComplete="off" pattern="\s*smg_[A-Za-z0-9_]+\s*"
        placeholder="smg_…" title={text('tokenShape')} aria-label={text('apiToken')}
      />
      <button className="main" disabled={busy}>{text('useToken')}</button>
      {failure && <em role="alert">{failure}</em>}
    </form>
  );
}
