import { part, setShown } from './dom';
import { text } from './texts';

export interface Tab {
  /** Of the element that holds the tab's fields. */
  readonly id: string;
  readonly label: string;
}

/**
 * Tabs of a dialog. A tab whose fields need attention is marked, since nobody sees a red field on a hidden tab; when the
 * dialog of a faulty node opens, it opens there.
 */
export function createTabs(node: EditorNode, listId: string, tabs: readonly Tab[]): void {
  const panels = tabs.map(({ id }) => part(id));
  const bar = RED.tabs.create({
    id: listId,
    onchange: (tab) => panels.forEach((panel) => setShown(panel.id === tab.id, panel)),
  });
  for (const tab of tabs) bar.addTab(tab);

  const heads = tabs.map(({ id }) => part(`red-ui-tab-${id}`));
  const faulty = (panel: HTMLElement) => panel.querySelector('.input-error') !== null;
  const mark = (): void =>
    panels.forEach((panel, index) => {
      const head = heads[index];
      head?.classList.toggle('as2-tab-problem', faulty(panel));
      head?.setAttribute('title', faulty(panel) ? text('tab.problem') : '');
    });
  const watch = new MutationObserver(mark);
  for (const panel of panels) watch.observe(panel, { subtree: true, attributeFilter: ['class'] });

  // Node-RED validates and lays out the dialog right after this.
  setTimeout(() => {
    bar.resize();
    mark();
    const first = node.valid === false ? panels.find(faulty) : undefined;
    if (first) bar.activateTab(first.id);
  }, 0);
}
