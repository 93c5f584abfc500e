// Proving identity again, for mutations that answer StepUpRequired.
import { Dialog } from './dialog.jsx';
import { useLanguage } from './language.js';
import { Proof } from './proof.jsx';
import { session, useSession } from './session.js';

export function StepUp() {
  const { text } = useLanguage();
  const { identity } = useSession();
  return (
    <Dialog label={text('stepUp')} hint={text('stepUpHint')}>
      {(close) => <Proof known={identity} submit="prove" prove={async (proof) => { await session.stepUp(proof); close(); }} />}
    </Dialog>
  );
}
