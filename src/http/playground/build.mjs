// Builds the page into dist/, which is committed and embedded in the binary, so that running it
// needs no Node.
//
//   node build.mjs           writes dist/
//   node build.mjs --check   builds again and fails where dist/ is not exactly that
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, 'dist');

const shared = {
  absWorkingDir: here,
  bundle: true,
  minify: true,
  write: false,
  metafile: true,
  legalComments: 'none', // every licence is in licenses.txt, whole
  target: 'es2022',
  define: { 'process.env.NODE_ENV': '"production"' },
  loader: { '.graphql': 'text', '.ttf': 'dataurl' },
  logLevel: 'warning',
};

const page = await build({
  ...shared,
  entryPoints: { app: 'page/main.jsx' },
  outdir: 'dist',
  format: 'esm',
  jsx: 'automatic',
});

const workers = await build({
  ...shared,
  entryPoints: {
    'editor.worker': 'monaco-editor/esm/vs/editor/editor.worker.js',
    'graphql.worker': 'monaco-graphql/esm/graphql.worker.js',
    'json.worker': 'monaco-editor/esm/vs/language/json/json.worker.js',
  },
  outdir: 'dist',
  format: 'iife',
});

const files = new Map();
for (const { path, contents } of [...page.outputFiles, ...workers.outputFiles])
  files.set(basename(path), Buffer.from(contents));
files.set('licenses.txt', Buffer.from(licenses([page.metafile, workers.metafile])));

// One version for all: the page names its assets under it, and they may be cached for ever.
const version = createHash('sha256');
for (const name of [...files.keys()].sort()) version.update(name).update(files.get(name));
const wanted = new Map([...files].map(([name, contents]) => [`${name}.gz`, contents]));
wanted.set('version.txt', Buffer.from(`${version.digest('hex').slice(0, 16)}\n`));

if (process.argv.includes('--check')) check();
else write();

function write() {
  rmSync(dist, { recursive: true, force: true });
  mkdirSync(dist);
  for (const [name, contents] of wanted) writeFileSync(join(dist, name), pack(name, contents));
  for (const [name, contents] of wanted) {
    console.log(
      name.padEnd(24),
      `${kilobytes(contents)} kB`.padStart(9),
      `${kilobytes(pack(name, contents))} kB packed`.padStart(16),
    );
  }
}

// Compares what is inside: the same contents may be packed differently by another release of zlib.
function check() {
  const found = existsSync(dist) ? readdirSync(dist) : [];
  const wrong = [...new Set([...wanted.keys(), ...found])].filter((name) => {
    if (!wanted.has(name) || !found.includes(name)) return true;
    const contents = readFileSync(join(dist, name));
    return !wanted.get(name).equals(name.endsWith('.gz') ? gunzipSync(contents) : contents);
  });
  if (wrong.length > 0) {
    console.error(
      `dist/ is not what the sources build (${wrong.join(', ')}). Run \`npm ci && npm run build\` here and commit dist/.`,
    );
    process.exit(1);
  }
  console.log(`dist/ is what the sources build (${wanted.get('version.txt').toString().trim()}).`);
}

function pack(name, contents) {
  return name.endsWith('.gz') ? gzipSync(contents, { level: 9 }) : contents;
}

/** The licence of every package that is in the bundle, as its authors wrote it. */
function licenses(metafiles) {
  const folders = new Set();
  for (const input of metafiles.flatMap(({ inputs }) => Object.keys(inputs))) {
    const found = input.match(/^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//);
    if (found) folders.add(found[1]);
  }
  return [...folders]
    .sort()
    .map((folder) => {
      const { name, version, license } = JSON.parse(readFileSync(join(here, folder, 'package.json')));
      const file = readdirSync(join(here, folder)).find((name) => /^licen[cs]e/i.test(name));
      const text = file
        ? readFileSync(join(here, folder, file), 'utf8').trim()
        : 'The package carries no licence file.';
      return `${name} ${version} (${license})\n\n${text}\n`;
    })
    .join(`\n${'-'.repeat(80)}\n\n`);
}

function kilobytes(contents) {
  return Math.round(contents.length / 1024);
}
