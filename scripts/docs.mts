/** Writes the documents that are made from the code. `--check` only compares, for the test. */
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const root = new URL('..', import.meta.url);
const { errorTexts } = createRequire(import.meta.url)(
  fileURLToPath(new URL('dist/src/errors/texts.js', root)),
) as {
  errorTexts: Record<string, string>;
};

const rows = Object.entries(errorTexts).map(
  ([code, text]) => `| \`${code}\` | ${text.replaceAll('|', '\\|')} |`,
);
const document = `# Errors

Every failure has a code and a sentence. In a flow a *catch* node gets the code as \`msg.error.code\` and the sentence as
\`msg.error.message\`; the facts that stand in the braces are filled in. This page is made from \`src/errors/texts.ts\` by \`npm run docs\`.

| code | sentence |
| --- | --- |
${rows.join('\n')}
`;

const file = new URL('docs/errors.md', root);
if (process.argv.includes('--check')) {
  if ((await readFile(file, 'utf8').catch(() => '')) !== document) {
    console.error('docs/errors.md does not match src/errors/texts.ts: run `npm run build && npm run docs`');
    process.exit(1);
  }
} else {
  await writeFile(file, document);
}
