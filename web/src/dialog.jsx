// A button of the bar that opens a dialog; the dialog's content lives only while it is open.
import { useEffect, useRef, useState } from 'react';
import { useLanguage } from './language.js';

export function Dialog({ label, hint, children }) {
  const { text } = useLanguage();
  const [isOpen, setOpen] = useState(false);
  const element = useRef(null);
  const close = () => setOpen(false);
  useEffect(() => { if (isOpen) element.current.showModal(); }, [isOpen]);
  return (
    <>
      <button type="button" onClick={() => setOpen(true)}>{label}</button>
      {isOpen && (
        <dialog ref={element} aria-label={label} onClose={close}>
          <h2>{label}<button type="button" className="quiet" aria-label={text('close')} onClick={close}>×</button></h2>
          <p>{hint}</p>
          {children(close)}
        </dialog>
      )}
    </>
  );
}
