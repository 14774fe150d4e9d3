import fc from 'fast-check';

/*
 * Properties are tried with the same inputs every time, so that a change that broke nothing fails nothing; a longer run
 * (AS2_FUZZ_RUNS) looks for new ones.
 */
if (process.env.AS2_FUZZ_RUNS === undefined) fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: 4711 });
