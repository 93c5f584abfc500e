// GraphiQL, asking as whoever the bar says: without a session it runs without a schema.
import { useEffect, useMemo } from 'react';
import { explorerPlugin } from '@graphiql/plugin-explorer';
import { useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { GraphiQL, HISTORY_PLUGIN } from 'graphiql';
import { parse, print } from 'graphql';
import { createClient } from 'graphql-ws';
import 'graphiql/style.css';
import '@graphiql/plugin-explorer/style.css';
import { config } from './config.js';
import WHO_AM_I from './documents/who_am_i.graphql';
import { editorStorage } from './editor_storage.js';
import { useLanguage } from './language.js';
import { byId, runbooksPlugin } from './runbooks.jsx';
import { session, useSession } from './session.js';

const PLUGINS = [runbooksPlugin, explorerPlugin({ showAttribution: false }), HISTORY_PLUGIN];

function makeFetcher() {
  const url = new URL(config.endpoint, window.location.href);
  const wsClient = createClient({
    url: url.href.replace(/^http/, 'ws'),
    connectionParams: async () => ({ Authorization: `Bearer ${await session.token()}` }),
  });
  const send = (to, init) => session.fetch(to, { ...init, body: JSON.stringify(byId(JSON.parse(init.body))) });
  return createGraphiQLFetcher({ url: url.href, fetch: send, wsClient, enableIncrementalDelivery: false });
}

/** Repaints the editors when the system turns dark or light; GraphiQL itself looks only once. */
function FollowSystemTheme() {
  const { setTheme } = useGraphiQLActions();
  const chosen = useGraphiQL((state) => state.theme);
  useEffect(() => {
    const system = window.matchMedia('(prefers-color-scheme: dark)');
    const repaint = () => setTheme(chosen);
    system.addEventListener('change', repaint);
    return () => system.removeEventListener('change', repaint);
  }, [chosen, setTheme]);
  return null;
}

export function Explorer() {
  const { own, apiToken, view, identity, signOuts } = useSession();
  const { text } = useLanguage();
  const asker = view?.id ?? apiToken ?? (own && identity);
  // Another asker may see another schema: a new fetcher makes GraphiQL ask for it.
  const fetcher = useMemo(makeFetcher, [asker]);
  return (
    <main className="explorer">
      <GraphiQL
        key={signOuts}
        fetcher={fetcher}
        schema={asker ? undefined : null}
        plugins={PLUGINS}
        visiblePlugin={runbooksPlugin}
        storage={editorStorage}
        defaultQuery={`# ${text('welcome')}\n# ${text('welcomeHint')}\n\n${print(parse(WHO_AM_I))}`}
        defaultEditorToolsVisibility="variables"
        inputValueDeprecation
      >
        <GraphiQL.Logo><span /></GraphiQL.Logo>
        <FollowSystemTheme />
      </GraphiQL>
    </main>
  );
}
