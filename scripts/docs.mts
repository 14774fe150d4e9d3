/** Writes the documents that are made from the code. `--check` only compares, for the test. */
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const root = new URL('..', import.meta.url);
const { errorTexts } = compiled('errors/texts') as { errorTexts: Record<string, string> };
const { refusals } = compiled('as2/remedies') as { refusals: { said: string[]; remedy: string }[] };
const { statusRemedies } = compiled('http/status-remedies') as { statusRemedies: Record<string, string> };

const documents: Record<string, string> = {
  'docs/errors.md': `# Errors

Every failure has a code and a sentence. In a flow a *catch* node gets the code as \`msg.error.code\` and the sentence as
\`msg.error.message\`; the facts that stand in the braces are filled in. This page is made from \`src/errors/texts.ts\` by \`npm run docs\`.

| code | sentence |
| --- | --- |
${rows(Object.entries(errorTexts).map(([code, text]) => [`\`${code}\``, text]))}
`,
  'docs/refusals.md': `# When a partner refuses

What a refusal means, and what can be done about it, stands in the error \`receipt-negative\` (a receipt that says no) or in one of the
errors for HTTP statuses. This page lists what is known; it is made from \`src/as2/remedies.ts\` and \`src/http/status-remedies.ts\` by
\`npm run docs\`.

## Receipts

Behind \`error:\` or \`failure:\` in the disposition. Letter case, hyphens and blanks make no difference; a text of the partner's own is
understood by its words.

| the receipt says | what to do |
| --- | --- |
${rows(refusals.map(({ said, remedy }) => [said.map((one) => `\`${one}\``).join(', '), remedy]))}

## HTTP statuses

Many systems answer with a status where the standard has a negative receipt.

| status | what it usually means, and what to do |
| --- | --- |
${rows(Object.entries(statusRemedies))}
`,
};

for (const [path, document] of Object.entries(documents)) {
  const file = new URL(path, root);
  if (!process.argv.includes('--check')) {
    await writeFile(file, document);
  } else if ((await readFile(file, 'utf8').catch(() => '')) !== document) {
    console.error(`${path} does not match the code: run \`npm run build && npm run docs\``);
    process.exitCode = 1;
  }
}

function compiled(path: string): unknown {
  return createRequire(import.meta.url)(fileURLToPath(new URL(`dist/src/${path}.js`, root)));
}

function rows(cells: readonly (readonly string[])[]): string {
  return cells
    .map((row) => `| ${row.map((cell) => cell.replaceAll('|', '\\|').replaceAll('<', '&lt;')).join(' | ')} |`)
    .join('\n');
}
