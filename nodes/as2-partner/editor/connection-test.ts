import { certificateCard } from '../../shared/editor/certificate-card';
import { button, type Content, element, icon, part } from '../../shared/editor/dom';
import { copyButton } from '../../shared/editor/files';
import { asText, currentText } from '../../shared/editor/live';
import { post } from '../../shared/editor/server';
import type { ShownStep, ShownTest } from '../../shared/shown-test';
import { factsOf } from './connection-test-facts';
import { say } from './say';

const ICONS = {
  passed: 'fa-check-circle as2-ok',
  failed: 'fa-times-circle as2-bad',
  skipped: 'fa-minus-circle',
} as const;

/** The buttons that test the connection of a partner as it is deployed, and what came of it. */
export function connectionTest(node: EditorNode): void {
  const outcome = element('div', { class: 'as2-test', role: 'status', 'aria-live': 'polite' });
  const buttons = [
    button({ icon: 'fa-stethoscope', label: say('test.button') }, () => void run(false)),
    button({ icon: 'fa-paper-plane-o', label: say('test.button-message') }, () => void run(true)),
  ];
  part('as2-partner-test').append(
    element('div', { class: 'as2-hint' }, say('test.hint')),
    element('div', { class: 'as2-buttons' }, ...buttons),
    outcome,
  );

  async function run(message: boolean): Promise<void> {
    for (const one of buttons) one.disabled = true;
    const changes = unsaved(node) ? [note('as2-soso', say('test.changed'))] : [];
    outcome.replaceChildren(
      ...changes,
      element('div', {}, icon('fa-spinner fa-spin'), ' ', say('test.running')),
    );
    try {
      const test = await post<ShownTest>(`partners/${encodeURIComponent(node.id)}/test`, { message });
      outcome.replaceChildren(...changes, ...result(test));
    } catch (error) {
      const sentence = error instanceof Error ? error.message : String(error);
      outcome.replaceChildren(...changes, note('as2-note as2-problem', sentence));
    }
    for (const one of buttons) one.disabled = false;
  }
}

/** Whether the server knows other values than the dialog shows. */
function unsaved(node: EditorNode): boolean {
  const saved = RED.nodes.node(node.id);
  if (!saved || saved.changed === true) return true;
  return Object.entries(node._def.defaults).some(([name, property]) => {
    const stored = (node as unknown as Record<string, unknown>)[name] ?? property.value;
    return currentText(node, name) !== asText(stored).trim();
  });
}

function result(test: ShownTest): HTMLElement[] {
  const verdict = test.ok ? say('test.passed') : say('test.failed');
  return [
    element(
      'div',
      { class: `as2-state-line ${test.ok ? 'as2-ok' : 'as2-bad'}` },
      icon(test.ok ? 'fa-check' : 'fa-times'),
      ' ',
      verdict,
    ),
    element('ol', { class: 'as2-test-steps' }, ...test.steps.flatMap(withPlace)),
    copyButton(say('test.copy'), () => test.text, false),
  ];
}

/** Of several URLs, each is named once. */
function withPlace(step: ShownStep): HTMLElement[] {
  const { url } = step;
  if (url === undefined || step.step !== 'dns') return [shownStep(step)];
  return [element('li', { class: 'as2-test-url' }, icon('fa-globe'), ' ', url), shownStep(step)];
}

function shownStep(step: ShownStep): HTMLElement {
  const { state, warnings } = step;
  const title = element('strong', {}, say(`test.step.${step.step}`));
  const head = (...more: Content[]): HTMLElement =>
    element(
      'div',
      { 'aria-label': say(`test.state.${state}`) },
      icon(ICONS[state]),
      ' ',
      title,
      ' ',
      ...more,
    );
  if (step.state === 'skipped') {
    return element('li', {}, head(hint(say(`test.skipped.${step.skipped}`))));
  }
  return element(
    'li',
    {},
    head(hint(say('test.duration', { ms: step.durationMs }))),
    element(
      'dl',
      { class: 'as2-facts' },
      ...factsOf(step).flatMap(([label, value]) => [
        element('dt', {}, label),
        element('dd', {}, element('span', {}, value)),
      ]),
    ),
    ...certificates(step),
    ...warnings.map(({ message }) => note('as2-soso', message)),
    step.error && note('as2-note as2-problem', step.error.message),
  );
}

/** The certificates of the web server; those for messages stand in the dialog already. */
function certificates(step: ShownStep): HTMLElement[] {
  if (step.step !== 'tls' || step.state === 'skipped') return [];
  const cards = (step.facts.certificates ?? []).map((card) => certificateCard(card));
  if (cards.length === 0) return [];
  const summary = element('summary', {}, say('test.certificates', { count: cards.length }));
  return [element('details', { class: 'as2-more' }, summary, ...cards)];
}

function hint(sentence: string): HTMLElement {
  return element('span', { class: 'as2-test-aside' }, sentence);
}

function note(kind: string, sentence: string): HTMLElement {
  return element('div', { class: `${kind} as2-test-note` }, sentence);
}
