// Gives the editor its workers from our own origin, so that the policy needs neither a CDN nor blob: addresses.
const base = new URL('.', import.meta.url);

globalThis.MonacoEnvironment = {
  getWorker(_id, label) {
    const file = WORKERS[`${label}.worker`] ?? WORKERS['editor.worker'];
    return new Worker(new URL(file, base), { type: 'module', name: label });
  },
};
