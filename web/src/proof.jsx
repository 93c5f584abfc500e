// Proving who one is, in two steps: ask for a code, then answer it. Signing in and step-up share it.
import { useEffect, useState } from 'react';
import OTP_REQUEST from './documents/otp_request.graphql';
import { useAction } from './action.js';
import { useLanguage } from './language.js';
import { ask, serverNow } from './server.js';

const WAYS = ['SMS', 'EMAIL'];

/** `prove(proof, identity)` sends the proof and raises Refused; a SecondFactorRequired among them is asked for here. */
export function Proof({ known = '', prove, submit }) {
  const { text } = useLanguage();
  const [identity, setIdentity] = useState(known);
  const [way, setWay] = useState('SMS');
  const [challenge, setChallenge] = useState(null);
  const [run, { busy, failure }] = useAction();

  const askForCode = async () => setChallenge((await ask(OTP_REQUEST, { input: { identity, channel: way } })).challenge);

  async function proveOrGoOn(proof) {
    try {
      await prove(proof, identity);
    } catch (refusal) {
      if (!refusal.payload?.challenge) throw refusal;
      setChallenge(refusal.payload.challenge);
    }
  }

  if (challenge) {
    return (
      <Answer
        key={challenge.id} challenge={challenge} busy={busy} failure={failure} submit={submit} to={identity}
        onAnswer={(proof) => run(() => proveOrGoOn(proof))} onResend={() => run(askForCode)} onBack={() => setChallenge(null)}
      />
    );
  }

  function start(event) {
    event.preventDefault();
    run(askForCode);
  }

  return (
    <form className="proof" onSubmit={start}>
      <input
        name="identity" dir="ltr" required autoComplete="username" placeholder={text('identity')} aria-label={text('identity')}
        value={identity} readOnly={Boolean(known)} onChange={(event) => setIdentity(event.target.value)}
      />
      <Choice name="way" label={text('how')} options={WAYS} value={way} onChange={setWay} />
      <button className="main" disabled={busy}>{text('sendCode')}</button>
      {failure && <em role="alert">{failure}</em>}
    </form>
  );
}

function Answer({ challenge, to, busy, failure, submit, onAnswer, onResend, onBack }) {
  const { text } = useLanguage();
  const kinds = [challenge.methods.some((method) => method.startsWith('OTP')) && 'otp', challenge.methods.includes('TOTP') && 'totp'].filter(Boolean);
  const [kind, setKind] = useState(kinds[0]);
  const wait = useSecondsUntil(challenge.resendAt);
  const left = useSecondsUntil(challenge.expiresAt);

  function answer(event) {
    event.preventDefault();
    onAnswer({ [kind]: { challengeId: challenge.id, code: new FormData(event.target).get('code').trim() } });
  }

  return (
    <form className="proof" onSubmit={answer}>
      {kinds.length > 1 && <Choice name="kind" label={text('how')} options={kinds} value={kind} onChange={setKind} />}
      <label>
        <span>{kind === 'totp' ? text('totpPrompt') : text('codePrompt', { to: `\u2066${to}\u2069` })}</span>
        <input
          name="code" className="code" dir="ltr" required autoFocus autoComplete="one-time-code" inputMode={kind === 'totp' ? 'text' : 'numeric'}
          style={{ '--digits': challenge.codeLength }} maxLength={kind === 'totp' ? 32 : challenge.codeLength} aria-label={text(kind)}
        />
      </label>
      <button className="main" disabled={busy || left === 0}>{text(submit)}</button>
      {kind === 'otp' && (
        <button type="button" className="quiet" disabled={busy || wait > 0} onClick={onResend}>{wait ? text('resendIn', { seconds: wait }) : text('resend')}</button>
      )}
      <button type="button" className="quiet" onClick={onBack}>{text('back')}</button>
      {(failure || left === 0) && <em role="alert">{failure || text('codeTooOld')}</em>}
    </form>
  );
}

/** Radio buttons drawn as one segmented control. */
function Choice({ name, label, options, value, onChange }) {
  const { text } = useLanguage();
  return (
    <span className="choice" role="radiogroup" aria-label={label}>
      {options.map((option) => (
        <label key={option}>
          <input type="radio" name={name} value={option} checked={option === value} onChange={() => onChange(option)} />
          <span>{text(option)}</span>
        </label>
      ))}
    </span>
  );
}

/** Whole seconds until a moment of the server's clock, counted down to 0. */
export function useSecondsUntil(moment) {
  const seconds = () => Math.max(0, Math.floor((Date.parse(moment) - serverNow()) / 1000));
  const [left, setLeft] = useState(seconds);
  useEffect(() => {
    const timer = setInterval(() => setLeft(seconds()), 1000);
    return () => clearInterval(timer);
  }, [moment]);
  return left;
}
