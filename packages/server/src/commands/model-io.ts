import { buildConfig } from '../config/config.ts'
import { readEnv } from '../config/env.ts'
import { modelTools } from './model-tools.ts'

/** Where the model commands speak and what they work with, from the environment of this process. */
export const modelIo = () => ({
  ...modelTools(buildConfig(readEnv())),
  out: (line: string): void => void process.stdout.write(`${line}\n`),
  err: (line: string): void => void process.stderr.write(`${line}\n`),
})
