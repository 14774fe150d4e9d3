import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../support/paths';

/** The built nodes beside the compiled tests: what Node-RED gives to the browser. */
const BUILT = join(__dirname, '..', '..', 'nodes');

export const types = ['as2-identity', 'as2-in', 'as2-listener', 'as2-mdn', 'as2-out', 'as2-partner'] as const;
export type NodeType = (typeof types)[number];

export function builtFile(name: string): string {
  return readFileSync(join(BUILT, name), 'utf8');
}

export function builtFileNames(folder: string): string[] {
  return readdirSync(join(BUILT, folder));
}

/** The code of a built node, found the way the flow library finds it. */
export function editorCode(type: NodeType): string {
  const scripts = [
    ...builtFile(`${type}.html`).matchAll(
      /<script.+?type=['"]text\/javascript['"].*?>([\S\s]*?)<\/script>/gi,
    ),
  ];
  if (scripts.length !== 1) throw new Error(`${type}.html has ${scripts.length} scripts`);
  return scripts[0]?.[1] ?? '';
}

export function template(type: NodeType): string {
  const [, html] =
    new RegExp(`<script type="text/html" data-template-name="${type}">(.*?)</script>`, 's').exec(
      builtFile(`${type}.html`),
    ) ?? [];
  if (html === undefined) throw new Error(`${type}.html has no template`);
  return html;
}

export interface Tag {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
}

/** The opening tags of our own HTML, which is well-formed. */
export function tagsOf(html: string): Tag[] {
  return [...html.matchAll(/<([a-z][a-z0-9]*)((?:\s+[a-z0-9-]+(?:="[^"]*")?)*)\s*\/?>/gi)].map(
    ([, name = '', attributes = '']) => ({
      name: name.toLowerCase(),
      attributes: new Map(
        [...attributes.matchAll(/([a-z0-9-]+)(?:="([^"]*)")?/gi)].map(([, key = '', value = '']) => [
          key,
          value,
        ]),
      ),
    }),
  );
}

export function runtimeCode(type: NodeType): string {
  return builtFile(`${type}/runtime.js`);
}

/** What the runtimes of several nodes share. */
export function sharedRuntimeCode(): string[] {
  return ['shared', 'shared/sending'].flatMap((folder) =>
    builtFileNames(folder)
      .filter((name) => name.endsWith('.js'))
      .map((name) => builtFile(`${folder}/${name}`)),
  );
}

type Entry = string | { readonly [key: string]: Entry };

/** The texts of a node's own group of its catalogue, by dotted key below the type's name. */
export function catalogue(type: NodeType): Map<string, string> {
  const all = JSON.parse(builtFile(`locales/en-US/${type}.json`)) as Record<NodeType, Entry>;
  const texts = new Map<string, string>();
  const collect = (entry: Entry, path: readonly string[]): void => {
    if (typeof entry === 'string') texts.set(path.join('.'), entry);
    else for (const [key, inner] of Object.entries(entry)) collect(inner, [...path, key]);
  };
  collect(all[type], []);
  return texts;
}

export interface Source {
  /** Below nodes/. */
  readonly path: string;
  readonly content: string;
}

/** The TypeScript and HTML under nodes/ that runs in the browser, but for locales. */
export const editorSources: readonly Source[] = readdirSync(join(packageRoot, 'nodes'), {
  recursive: true,
  encoding: 'utf8',
})
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => /(^|\/)editor[./]/.test(path) && /\.(ts|html)$/.test(path))
  .map((path) => ({ path, content: readFileSync(join(packageRoot, 'nodes', path), 'utf8') }));
