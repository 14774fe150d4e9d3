import { part } from './dom';

/** Where a value can come from, in Node-RED's usual order. */
export const VALUE_TYPES = ['msg', 'flow', 'global', 'str', 'jsonata', 'env'] as const;

/** Makes the field with this id a TypedInput; its type is kept in the hidden field beside it, `<id>Type`. */
export function typedInput(id: string, types: readonly (string | TypedInputType)[]): void {
  const [first] = types;
  $(part(id)).typedInput({
    default: typeof first === 'object' ? first.value : (first ?? 'str'),
    typeField: `#${id}Type`,
    types,
  });
}
