#!/usr/bin/env node
import { runCommandLine } from './command-line';

const stop = new AbortController();
// The first Ctrl+C ends the test and shows how far it came; a second one ends the program.
process.once('SIGINT', () => stop.abort());

void runCommandLine(process.argv.slice(2), {
  environment: process.env,
  print: (text) => void process.stdout.write(text),
  complain: (text) => void process.stderr.write(text),
  signal: stop.signal,
}).then((exitCode) => {
  process.exitCode = exitCode;
});
