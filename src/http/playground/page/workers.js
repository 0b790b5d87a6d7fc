// The editors think in workers. Monaco asks here for one by label; each is a file of its own beside
// this bundle, so that `worker-src 'self'` is enough and nothing is made from a blob or fetched
// from elsewhere.
const files = { graphql: 'graphql.worker.js', json: 'json.worker.js' };

globalThis.MonacoEnvironment = {
  getWorker(_, label) {
    const file = files[label] ?? 'editor.worker.js';
    return new Worker(new URL(`./${file}`, import.meta.url), { name: label });
  },
};
