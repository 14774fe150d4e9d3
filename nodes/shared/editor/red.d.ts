/**
 * What this package uses of the globals of Node-RED's editor, as they are in 4.1 and 5. (@types/node-red describes the
 * editor of version 1.3: no sentences from validators, no labels, no filters, no `RED.tabs`.)
 */

/** A node or configuration node as the editor has it; its properties stand beside these. */
interface EditorNode {
  readonly id: string;
  readonly type: string;
  readonly name?: string;
  /** Disabled by the user. */
  readonly d?: boolean;
  /** Edited since the last deploy. */
  readonly changed?: boolean;
  /** Result of the last validation; not there before the first one. */
  readonly valid?: boolean | null;
  /** Of a configuration node: the nodes that refer to it. */
  readonly users?: readonly EditorNode[];
  /** Only there while its dialog was open since the last deploy; `has_x` tells that a password is stored. */
  readonly credentials?: Readonly<Record<string, string | boolean | undefined>>;
  readonly _def: { readonly defaults: Readonly<Record<string, EditorProperty>> };
  /** Text of the node's own catalogue. */
  _(key: string, values?: Record<string, unknown>): string;
}

type EditorVerdict = true | string;

interface EditorProperty<Node = unknown, Value = unknown> {
  readonly value: Value;
  readonly required?: boolean;
  readonly type?: string;
  readonly label?: string;
  /** Two parameters, or Node-RED does not show the sentence. */
  readonly validate?: (this: Node, value: unknown, options: { readonly label?: string }) => EditorVerdict;
}

interface EditorDefinition<Properties, Node = EditorNode & Properties> {
  readonly category: string;
  readonly color?: string;
  readonly defaults: { readonly [Name in keyof Properties]-?: EditorProperty<Node, Properties[Name]> };
  readonly credentials?: Readonly<
    Record<string, { readonly type: 'text' | 'password'; readonly label?: string }>
  >;
  readonly inputs?: number;
  readonly outputs?: number;
  readonly icon?: string;
  readonly align?: 'right';
  /** False: Node-RED does not warn about a configuration node that no other node refers to. */
  readonly hasUsers?: boolean;
  readonly paletteLabel: string;
  readonly inputLabels?: (this: Node) => string;
  readonly outputLabels?: (this: Node) => string;
  readonly label: (this: Node) => string;
  readonly labelStyle?: (this: Node) => string;
  readonly oneditprepare: (this: Node) => void;
}

interface TypedInputType {
  readonly value: string;
  readonly label: string;
  readonly icon?: string;
  readonly hasValue?: boolean;
  readonly autoComplete?: (typed: string) => readonly { readonly value: string; readonly label: string }[];
}

interface JQueryCollection {
  readonly length: number;
  val(): string | undefined;
  on(events: string, handler: (event: Event) => void): this;
  trigger(event: string): this;
  slideDown(milliseconds: number): this;
  slideUp(milliseconds: number): this;
  typedInput(options: {
    readonly default: string;
    readonly typeField: string;
    readonly types: readonly (string | TypedInputType)[];
  }): this;
}

interface JQueryResponse {
  readonly status: number;
  readonly statusText: string;
  readonly responseJSON?: unknown;
}

declare const $: {
  (target: string | Element): JQueryCollection;
  ajax(request: {
    readonly url: string;
    readonly method: 'GET' | 'POST';
    readonly dataType: 'json';
    readonly contentType?: string;
    readonly data?: string;
  }): {
    done(received: (answer: unknown) => void): void;
    fail(failed: (response: JQueryResponse) => void): void;
  };
};

declare const RED: {
  _(key: string, values?: Record<string, unknown>): string;
  readonly settings: { readonly httpNodeRoot?: string };
  readonly nodes: {
    registerType<Properties>(
      type: string,
      definition: EditorDefinition<Properties> & ThisType<EditorNode & Properties>,
    ): void;
    node(id: string): EditorNode | null | undefined;
    filterNodes(filter: { readonly type: string }): EditorNode[];
  };
  readonly validators: {
    typedInput(options: {
      readonly typeField: string;
      readonly allowBlank?: boolean;
    }): (this: unknown, value: unknown, options: { readonly label?: string }) => EditorVerdict;
  };
  readonly tabs: {
    create(options: { readonly id: string; readonly onchange: (tab: { readonly id: string }) => void }): {
      addTab(tab: { readonly id: string; readonly label: string }): void;
      activateTab(id: string): void;
      resize(): void;
    };
  };
  readonly clipboard: { copyText(value: string): boolean };
};
