// One way to run what a button asks for: busy while it runs, a sentence when it fails.
import { useState } from 'react';
import { useLanguage } from './language.js';

/** Returns [run, {busy, failure}]; run(action) resolves to true when the action went well. */
export function useAction() {
  const { text } = useLanguage();
  const [state, setState] = useState({ busy: false, failure: '' });

  async function run(action) {
    setState({ busy: true, failure: '' });
    try {
      await action();
      setState({ busy: false, failure: '' });
      return true;
    } catch (error) {
      const tries = error.payload?.triesLeft;
      setState({ busy: false, failure: Number.isInteger(tries) ? `${error.message} ${text('triesLeft', { count: tries })}` : error.message });
      return false;
    }
  }
  return [run, state];
}
