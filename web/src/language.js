// The language of the bar and of the server's messages: chosen, else the browser's, else English.
import { useSyncExternalStore } from 'react';
import bg from './texts/bg.json';
import en from './texts/en.json';
import fa from './texts/fa.json';
import ru from './texts/ru.json';

const KEY = 'simurgh:language';
const TEXTS = { en, fa, ru, bg };
export const LANGUAGES = Object.entries(TEXTS).map(([code, { language }]) => ({ code, name: language }));

const listeners = new Set();
let current = [localStorage.getItem(KEY), ...navigator.languages.map((tag) => tag.slice(0, 2)), 'en'].find((code) => code in TEXTS);

/** The language in use, as a tag for Accept-Language. */
export const language = () => current;

/** Switches the language and remembers it; the only thing this page keeps beyond the tab. */
export function setLanguage(code) {
  current = code;
  localStorage.setItem(KEY, code);
  listeners.forEach((tell) => tell());
}

/** One text in the language in use, with its {placeholders} filled; numbers get the language's digits. */
export function text(key, values = {}) {
  const inWords = (value) => (typeof value === 'number' ? value.toLocaleString(current) : value);
  return TEXTS[current][key].replace(/\{(\w+)\}/g, (_, name) => inWords(values[name]));
}

function subscribe(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The same texts for a component, which is drawn again when the language changes. */
export function useLanguage() {
  const code = useSyncExternalStore(subscribe, language);
  return { code, direction: code === 'fa' ? 'rtl' : 'ltr', text };
}
