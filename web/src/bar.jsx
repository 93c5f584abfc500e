// The bar above the explorer: who is asking, in which language, and the way in and out.
import { Birds } from './birds.jsx';
import { CustomerView, ViewBanner } from './customer_view.jsx';
import { LANGUAGES, setLanguage, useLanguage } from './language.js';
import { session, useSession } from './session.js';
import { SignIn } from './sign_in.jsx';
import { StepUp } from './step_up.jsx';

export function Bar() {
  const { own, apiToken, view, notice } = useSession();
  const { code, direction, text } = useLanguage();
  return (
    <div className="top" dir={direction} lang={code}>
      <header className="bar">
        <div className="brand"><Birds /><strong>{text('name')}</strong><span>{text('explorer')}</span></div>
        <div className="middle">{own || apiToken ? <SignedIn /> : <SignIn />}</div>
        <select className="language" aria-label={text('languageLabel')} value={code} onChange={(event) => setLanguage(event.target.value)}>
          {LANGUAGES.map((each) => <option key={each.code} value={each.code}>{each.name}</option>)}
        </select>
      </header>
      {notice && (
        <p className="notice" role="status">
          <span dir="auto">{notice}</span><button type="button" className="quiet" aria-label={text('close')} onClick={session.dismissNotice}>×</button>
        </p>
      )}
      {view && <ViewBanner />}
    </div>
  );
}

function SignedIn() {
  const { who, own, view } = useSession();
  const { text } = useLanguage();
  const roles = who.memberships.map(({ role, account, organization }) => [text(role), account?.name ?? organization?.name].filter(Boolean).join(' · '));
  return (
    <>
      <div className="who">
        <strong data-test="who">{who.actor.label}</strong>
        <ul>{own ? roles.map((role) => <li key={role}>{role}</li>) : <li>{text('apiToken')}</li>}</ul>
      </div>
      {own && !view && <StepUp />}
      {own && !view && who.permissions.includes('SUPPORT_VIEW') && <CustomerView />}
      <button type="button" className="quiet" onClick={() => session.signOut()}>{text(own ? 'signOut' : 'forgetToken')}</button>
    </>
  );
}
