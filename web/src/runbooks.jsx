// The saved queries of support, listed beside the editor; a click opens one in a new tab with its variables to fill in.
import { useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { parse, print } from 'graphql';
import { useLanguage } from './language.js';

const TRANSLATION = /^# (\w\w): (.*)\n/gm;
const COMMENT = /^#.*\n/gm;

const runbooks = RUNBOOKS.map(({ name, id, source }) => ({ name, id, titles: titlesOf(source), query: print(parse(source)), variables: templateOf(source) }));
const ids = new Map(runbooks.map(({ id, query }) => [query, id]));

/** The request as it is sent: a runbook that nobody changed goes by its id, which the server lists. */
export function byId({ query, ...rest }) {
  const documentId = ids.get(query.replace(COMMENT, '').trim());
  return documentId ? { documentId, ...rest } : { query, ...rest };
}

/** Titles by language: the first comment is the English one, the next ones say theirs (`# fa: …`). */
function titlesOf(source) {
  const others = [...source.matchAll(TRANSLATION)].map(([, code, title]) => [code, title]);
  return { en: source.match(/^# (.*)/)[1], ...Object.fromEntries(others) };
}

/** Variables as JSON to fill in: what is required as an empty string, the rest as null. */
function templateOf(source) {
  const { variableDefinitions } = parse(source).definitions[0];
  const blank = variableDefinitions.map(({ variable, type }) => [variable.name.value, print(type).endsWith('!') ? '' : null]);
  return JSON.stringify(Object.fromEntries(blank), null, 2);
}

function Runbooks() {
  const { addTab } = useGraphiQLActions();
  const editors = useGraphiQL(({ queryEditor, variableEditor }) => ({ queryEditor, variableEditor }));
  const { code, direction, text } = useLanguage();

  const titleOf = ({ titles }) => titles[code] ?? titles.en;

  function open(runbook) {
    const { query, variables } = runbook;
    addTab();
    editors.queryEditor.setValue(`# ${titleOf(runbook)}\n${query}\n`);
    editors.variableEditor.setValue(variables);
    editors.variableEditor.focus();
  }

  return (
    <section className="runbooks" dir={direction} lang={code}>
      <h2>{text('runbooks')}</h2>
      <p>{text('runbooksHint')}</p>
      <ol>
        {runbooks.map((runbook) => (
          <li key={runbook.name}>
            <button type="button" data-runbook={runbook.name} disabled={!editors.variableEditor} onClick={() => open(runbook)}>
              {titleOf(runbook)}
            </button>
          </li>
        ))}
      </ol>
    </section>
  );
}

function Icon() {
  return (
    <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.6" strokeLinecap="round" strokeLinejoin="round">
      <path d="M5 4.5h11.5a2.5 2.5 0 0 1 2.5 2.5v12.5H7.5A2.5 2.5 0 0 1 5 17zM5 17a2.5 2.5 0 0 1 2.5-2.5H19M9 8.5h6M9 11.3h4" />
    </svg>
  );
}

export const runbooksPlugin = { title: 'Runbooks', icon: Icon, content: Runbooks };
