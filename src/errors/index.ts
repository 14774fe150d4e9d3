export { As2Error, fillText, isAs2Error, toAs2Error, withMore } from './as2-error';
export type { As2ErrorCode, Details, Fact, Facts, FactsOf } from './as2-error';
export { safeText } from './safe-text';
export { errorTexts } from './texts';
