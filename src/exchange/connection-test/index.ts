export { type ConnectionTestOptions, testConnection } from './connection-test';
export { formatConnectionTest, formatOutcome, type FormatOptions, formatStep } from './format';
export {
  type ConnectionTest,
  type ConnectionTestStep,
  type SkipReason,
  TEST_STEPS,
  type TestFacts,
  type TestStepName,
} from './types';
