#!/usr/bin/env node
// The command. It stands outside dist so that its executable bit survives a build.
import { main } from '../dist/main.js';

await main(process.argv.slice(2));
