/** Node-RED replaces a value of exactly this form when it starts the flows. */
const REFERENCE = /^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$/;

/** Name of the environment variable a value stands for, if it stands for one. */
export function environmentVariable(value: unknown): string | undefined {
  return typeof value === 'string' ? REFERENCE.exec(value.trim())?.[1] : undefined;
}
