#!/usr/bin/env node
/**
 * Starts the program with the runtime set up for it, in the same process:
 * - what was stripped of its types and compiled by the last start is taken from a cache, which saves half of the
 *   start-up time and 20 MB, and has to be known before the first file is loaded;
 * - the young generation stays small, but has room for what a group of calls holds until it is answered;
 * - the C library keeps two pools of memory rather than one for each thread.
 */
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('../src/main.ts', import.meta.url))
const flags = ['--max-semi-space-size=16', ...process.execArgv]
const env = { NODE_COMPILE_CACHE: join(tmpdir(), 'millrace-compile-cache'), MALLOC_ARENA_MAX: '2', ...process.env }

if (process.platform === 'win32')
  await import('../src/main.ts') // which can't replace a process
else process.execve(process.execPath, [process.execPath, ...flags, program, ...process.argv.slice(2)], env)
