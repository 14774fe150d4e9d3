/**
 * Builds the package into dist/: the compiled core, nodes and tests; and beside the compiled nodes what Node-RED looks
 * for there: an entry file, the editor's HTML with its code inlined, locale catalogues, help and icons.
 */
import { spawnSync } from 'node:child_process';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build as bundle } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const from = (...parts: string[]) => join(root, ...parts);
const to = (...parts: string[]) => from('dist', ...parts);

await rm(to(), { recursive: true, force: true });
compile();
const types = (await readdir(from('nodes'), { withFileTypes: true }))
  .filter((entry) => entry.isDirectory() && entry.name.startsWith('as2-'))
  .map((entry) => entry.name);
for (const type of types) await buildNode(type);
await cp(from('icons'), to('nodes', 'icons'), { recursive: true, filter: (path) => !path.endsWith('.md') });

function compile(): void {
  const compiler = createRequire(import.meta.url).resolve('typescript/package.json');
  const { status } = spawnSync(
    process.execPath,
    [join(compiler, '..', 'bin', 'tsc'), '-p', from('tsconfig.json')],
    {
      stdio: 'inherit',
      cwd: root,
    },
  );
  if (status !== 0) process.exit(status ?? 1);
}

async function buildNode(type: string): Promise<void> {
  await writeFile(
    to('nodes', `${type}.js`),
    `'use strict';\nmodule.exports = require('./${type}/runtime.js').default;\n`,
  );
  await writeFile(to('nodes', `${type}.html`), await editorHtml(type));
  await copyLocales(type);
}

/** The editor loads a node's HTML as it is, so its code stands inside; a script by URL would come too late. */
async function editorHtml(type: string): Promise<string> {
  const { outputFiles } = await bundle({
    entryPoints: [from('nodes', type, 'editor.ts')],
    bundle: true,
    write: false,
    format: 'iife',
    platform: 'browser',
    target: 'es2020',
    charset: 'utf8',
    legalComments: 'none',
  });
  const code = (outputFiles[0]?.text ?? '').replaceAll('</script', '<\\/script');
  const html = await readFile(from('nodes', type, 'editor.html'), 'utf8');
  return `${html.trimEnd()}\n\n<script type="text/javascript">\n${code}</script>\n`;
}

async function copyLocales(type: string): Promise<void> {
  const files = await readdir(from('nodes', type, 'locales'));
  for (const file of files) {
    const [language, extension] = splitName(file);
    await mkdir(to('nodes', 'locales', language), { recursive: true });
    let content = await readFile(from('nodes', type, 'locales', file), 'utf8');
    if (type === 'as2-out' && file === 'en-US.json') content = await withErrorTexts(content);
    await writeFile(to('nodes', 'locales', language, `${type}.${extension}`), content);
  }
}

/** The sentences of the core's error table become part of the catalogue, in the editor's way of writing places. */
async function withErrorTexts(catalogue: string): Promise<string> {
  const { errorTexts } = createRequire(import.meta.url)(to('src', 'errors', 'texts.js')) as {
    errorTexts: Record<string, string>;
  };
  const errors = Object.fromEntries(
    Object.entries(errorTexts).map(([code, text]) => [code, text.replace(/\{(\w+)\}/g, '__$1__')]),
  );
  return `${JSON.stringify({ ...(JSON.parse(catalogue) as object), errors }, null, 2)}\n`;
}

function splitName(file: string): [string, string] {
  const dot = file.lastIndexOf('.');
  return [file.slice(0, dot), file.slice(dot + 1)];
}
