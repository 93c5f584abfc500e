// Bundles the explorer page for its own origin: every file is named by its content, and manifest.json says which file is which.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = fileURLToPath(new URL('.', import.meta.url));
const out = process.argv[2] && resolve(process.argv[2]);
if (!out) {
  console.error('Say where to: npm run build -- OUTDIR');
  process.exit(2);
}
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });

const common = {
  absWorkingDir: here,
  outdir: out,
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  legalComments: 'linked',
  metafile: true,
  logLevel: 'warning',
  entryNames: '[name]-[hash]',
  chunkNames: 'chunks/[name]-[hash]',
  assetNames: 'assets/[name]-[hash]',
  loader: { '.graphql': 'text', '.svg': 'copy', '.ttf': 'file', '.woff': 'file', '.woff2': 'file' },
};

/** Maps each entry's plain name to the hashed files made of it. */
function entries({ metafile }) {
  const named = Object.entries(metafile.outputs).filter(([, output]) => output.entryPoint);
  return Object.fromEntries(named.map(([path, output]) => {
    const file = basename(path);
    return [file.slice(0, file.lastIndexOf('-')), { file, style: output.cssBundle && basename(output.cssBundle) }];
  }));
}

const workers = entries(await build({
  ...common,
  entryPoints: {
    'editor.worker': 'monaco-editor/esm/vs/editor/editor.worker.js',
    'json.worker': 'monaco-editor/esm/vs/language/json/json.worker.js',
    'graphql.worker': 'monaco-graphql/esm/graphql.worker.js',
  },
}));

const folder = join(here, 'runbooks');
const runbooks = readdirSync(folder).filter((name) => name.endsWith('.graphql')).sort()
  .map((name) => {
    const content = readFileSync(join(folder, name));
    const id = `sha256:${createHash('sha256').update(content).digest('hex')}`;
    return { name: name.replace(/\.graphql$/, ''), id, source: content.toString() };
  });

const page = await build({
  ...common,
  entryPoints: { explorer: 'src/main.jsx', bird: 'src/bird.svg' },
  splitting: true,
  jsx: 'automatic',
  define: {
    'process.env.NODE_ENV': '"production"',
    WORKERS: JSON.stringify(Object.fromEntries(Object.entries(workers).map(([name, { file }]) => [name, file]))),
    RUNBOOKS: JSON.stringify(runbooks),
  },
});

const { explorer, bird } = entries(page);
writeFileSync(join(out, 'manifest.json'), `${JSON.stringify({ script: explorer.file, style: explorer.style, icon: bird.file }, null, 2)}\n`);
